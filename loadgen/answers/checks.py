"""What an answer must be besides 2xx: a fast wrong answer is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.answers.expectation import NOT_JSON, Expectation, decoded
from seatrial.loadgen.answers.paths import PathCheck

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Checks"]


@dataclass(frozen=True)
class Checks:
    """All that is checked.

    Attributes:
        statuses: those of `--expect-status`; empty: every 2xx. The engine sees to them.
        paths: that the answer's JSON must have. In a stream each must hold in one event at least.
        body: the right answer to every request. Of a stream: its text, all events put together.
        expected: the right answer to each payload by its index, over `body`; empty where none is known.
    """

    statuses: frozenset[int] = frozenset()
    paths: tuple[PathCheck, ...] = ()
    body: Expectation | None = None
    expected: tuple[Expectation | None, ...] = ()

    @property
    def read_bodies(self) -> bool:
        """Whether the engine has to keep bodies for these checks."""
        return bool(self.paths or self.body or self.expected)

    def complaint(self, payload: int, body: bytes) -> str:
        """Return what is wrong with a body; empty where nothing is."""
        if self.paths:
            document = decoded(body)
            if document is NOT_JSON:
                return "no JSON"
            for path in self.paths:
                if complaint := path.complaint(document):
                    return complaint
        expectation = self._expectation(payload)
        return "" if expectation is None or expectation.met_by(body) else f"not {expectation.shown}"

    def complaint_of_stream(self, payload: int, documents: Sequence[Any], text: str) -> str:
        """Return what is wrong with a stream; empty where nothing is.

        Args:
            payload: index of the request.
            documents: the JSON of its events.
            text: of all its events, put together.
        """
        for path in self.paths:
            complaints = [path.complaint(document) for document in documents]
            if all(complaints):
                # A wrong value says more than an event, the usage say, that has no such place at all.
                nearest = min(complaints, key=lambda said: said.startswith("no "), default=path.text)
                return f"in no event: {nearest}"
        expectation = self._expectation(payload)
        return "" if expectation is None or expectation.met_by_text(text) else f"not {expectation.shown}"

    def _expectation(self, payload: int) -> Expectation | None:
        return (self.expected[payload] if self.expected else None) or self.body
