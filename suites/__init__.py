"""The contract: one folder a profile, each with its clauses, scenarios and tests."""
