"""Deliberate faults, one decorated function each: see `variants.py`. The kill matrix proves that each is caught."""
