"""Whole trials inside the test's own process: the real launcher, conductor, judges and diagnosis, without pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.session.trial import open_trial

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.result import TrialResult

__all__ = ["trial"]


def trial(options: TrialOptions, clauses: Iterable[str] = ()) -> TrialResult:
    """Put a subject on trial, to the end.

    Args:
        options: of the trial.
        clauses: judge these alone; every clause of the profiles where none is named.
    """
    opened = open_trial(options)
    try:
        ids = tuple(clauses) or opened.ids
        opened.prepare(ids)
        opened.begin()
        opened.finish(lambda _: None)
        if opened.conductor is not None and opened.conductor.fatal is not None:
            raise opened.conductor.fatal
        return opened.result(ids)
    finally:
        opened.close()
