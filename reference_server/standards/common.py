"""What scripts import as `model_hosting_container_standards.common`: nothing of its own, and the paths below it."""
