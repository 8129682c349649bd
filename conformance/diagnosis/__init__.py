"""Diagnosis: from symptoms to the root cause, with its proof and its cure."""
