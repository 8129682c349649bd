"""A root cause as a rule states it, before it is known what it explains."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cause"]


@dataclass(frozen=True)
class Cause:
    """What a rule of diagnosis concludes.

    Attributes:
        id: kebab-case.
        cause: one sentence.
        proof: the experiment or the evidence, and what it showed.
        cure: what to do.
        explains: ids of clauses that it would explain; those that hold are ignored.
        proven: whether the evidence proves it; else it is the likeliest.
        option: the option of the trial that would mend it: the subject may be right, the trial's conditions hinder it.
    """

    id: str
    cause: str
    proof: str
    cure: str
    explains: tuple[str, ...] = ()
    proven: bool = True
    option: str = ""
