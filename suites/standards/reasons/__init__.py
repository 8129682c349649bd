"""The named reasons for which a clause of this profile may break, one module an area; their values are permanent."""
