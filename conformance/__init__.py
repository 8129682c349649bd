"""The harness: launches a subject, records what it does, judges the clauses and names the root cause."""
