"""What a user can mend: told in one sentence, never a traceback."""

from __future__ import annotations

__all__ = ["TargetUnreachable", "UsageError"]


class UsageError(Exception):
    """A wrong option or file: what was found, what was expected, what to do, in one sentence. Exit code 2."""


class TargetUnreachable(Exception):
    """Nothing answers at the target: refused, unknown name, certificate; one sentence. Exit code 1: nothing is met."""
