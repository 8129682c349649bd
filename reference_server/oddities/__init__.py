"""Legal but unusual servers, one decorated function each: see `variants.py`. None of them may break a clause."""
