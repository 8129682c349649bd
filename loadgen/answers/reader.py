"""Reads kept answers: finds the tokens of streams, and checks what can be checked. Picks by media type."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seatrial.loadgen.answers.checks import Checks
from seatrial.loadgen.answers.excerpt import excerpt
from seatrial.loadgen.answers.streams import LINES, SSE, TEXT, json_lines, sniff, sse_events, text_pieces
from seatrial.loadgen.answers.tokens import StreamFacts, read_events, spread, stated_tokens
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.sagemaker.unwrap import EVENT_STREAM, unwrap
from seatrial.loadgen.traffic import Reading

if TYPE_CHECKING:
    from seatrial.loadgen.traffic import Answer

__all__ = ["AnswerReader", "is_stream"]

LINE_TYPES = frozenset(
    {LINES, "application/x-jsonlines", "application/jsonl", "application/x-ndjson", "application/ndjson"}
)
VAGUE = frozenset({"", TEXT, "application/octet-stream", "binary/octet-stream"})
"""Types under which streams are sent, and other answers too: they are streams only where one is expected."""


def is_stream(media: str) -> bool:
    """Say whether a media type alone makes an answer a stream: then bodies have to be kept.

    JSON lines do not: models for tables answer in them too.
    """
    return media in {SSE, EVENT_STREAM}


@dataclass(frozen=True)
class AnswerReader:
    """A `Reader`.

    Attributes:
        checks: what answers must be.
        streams: whether streams are expected: then JSON lines and bare text are read as streams.
        counts: whether whole answers say how many tokens they have.
        secrets: values that no example may show.
    """

    checks: Checks = field(default_factory=Checks)
    streams: bool = False
    counts: bool = False
    secrets: tuple[str, ...] = ()

    def read(self, answer: Answer) -> Reading:
        """Check one answer, and find its tokens."""
        if answer.media == EVENT_STREAM:
            return self._read_event_stream(answer)
        if answer.media == SSE:
            return self._read_stream(answer, SSE)
        if self.streams and answer.media in LINE_TYPES:
            return self._read_stream(answer, LINES)
        if self.streams and answer.media in VAGUE:
            return self._read_stream(answer, sniff(answer.chunks))
        body = b"".join(answer.chunks)
        if not answer.whole:
            return self._bad(Fault.TRUNCATED, "ended early", body)
        complaint = self.checks.complaint(answer.payload, body)
        if complaint:
            return self._bad(Fault.BAD_BODY, complaint, body)
        tokens = stated_tokens(body) if self.counts else None
        return Reading() if tokens is None else Reading(stamps=answer.stamps[-1:], counts=[tokens])

    def _read_event_stream(self, answer: Answer) -> Reading:
        """Read what SageMaker's event stream carries; its own faults go before those of its content."""
        inner = unwrap(answer)
        reading = self._read_stream(
            answer._replace(chunks=inner.parts, stamps=inner.stamps, whole=answer.whole and not inner.fault),
            sniff(inner.parts),
        )
        if inner.fault:
            reading = _with_fault(reading, inner.fault, excerpt(inner.example, self.secrets))
        return reading

    def _read_stream(self, answer: Answer, form: str) -> Reading:
        chunks, stamps, whole = answer.chunks, answer.stamps, answer.whole
        if form == SSE:
            facts = read_events(sse_events(chunks, stamps, whole=whole), documents=self.checks.read_bodies)
        elif form == TEXT:
            facts = read_events(text_pieces(chunks, stamps))
        else:
            facts = read_events(json_lines(chunks, stamps, whole=whole), all_json=True)
        reading = Reading(
            stamps=facts.stamps, counts=spread(facts.usage, len(facts.stamps)), coalesced=facts.coalesced, streamed=True
        )  # fmt: skip
        fault, said = self._fault(answer, facts)
        return _with_fault(reading, fault, said) if fault else reading

    def _fault(self, answer: Answer, facts: StreamFacts) -> tuple[Fault, str]:
        """Return what is wrong with a stream, the cause before its consequences."""
        if facts.error:
            return Fault.STREAM_ERROR, excerpt(facts.error, self.secrets)
        if not answer.whole:
            return Fault.TRUNCATED, f"ended early, after {_events(facts)}"
        if not facts.events:
            return Fault.TRUNCATED, "a stream without any event"
        if facts.openai and not facts.done:
            return Fault.TRUNCATED, f"no [DONE] after {_events(facts)}"
        if facts.broken:
            return Fault.BAD_BODY, f"an event is no JSON: {excerpt(facts.broken, self.secrets)}"
        if not self.checks.read_bodies:
            return Fault.NONE, ""
        text = "".join(facts.texts)
        complaint = self.checks.complaint_of_stream(answer.payload, facts.documents, text)
        return (Fault.BAD_BODY, self._told(complaint, text.encode(errors="replace"))) if complaint else (Fault.NONE, "")

    def _bad(self, fault: Fault, complaint: str, body: bytes) -> Reading:
        return Reading(fault, self._told(complaint, body))

    def _told(self, complaint: str, body: bytes) -> str:
        return f"{excerpt(complaint, self.secrets)}: {excerpt(body, self.secrets) or '(empty)'}"


def _with_fault(reading: Reading, fault: Fault, example: str) -> Reading:
    return replace(reading, fault=fault, example=example)


def _events(facts: StreamFacts) -> str:
    return f"{facts.events} event{'' if facts.events == 1 else 's'}"
