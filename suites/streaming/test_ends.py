"""Judges streams that were open when the server was stopped, or lost a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, broken, clause, expect, observed, untested
from seatrial.suites.streaming.reasons import Reason
from seatrial.suites.streaming.records import is_error, records_of
from seatrial.suites.streaming.scenarios.samples import STREAM_OPTION

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits, Streamed
    from seatrial.suites.streaming.scenarios.stop import Cut, CutSeen


@clause("stream.finishes-at-stop")
def test_finishes_at_stop(streams_stopped: CutSeen, limit: Limits) -> None:
    """Scaling in must not cost a caller half an answer."""
    told = []
    for cut in _open(streams_stopped):
        to_go = max(usual.exchange.done for usual in cut.usual) - cut.at
        if not all(usual.ok for usual in cut.usual) or to_go > limit.to_go_s:
            continue
        ended = cut.seen.exchange.done - cut.at
        expect(
            _whole(cut, limit.whole_share),
            f"{cut.sample}: {cut.seen.summary}, {ended:.2f} s after SIGTERM, with {to_go:.2f} s to go;"
            f" {_length(cut.seen):,} bytes instead of {_length(cut.usual[0]):,}",
            proof=cut.seen.exchange,
        ).to_be_true(reason=Reason.STREAM_CUT_AT_STOP, expected="the rest of the stream")
        told.append(f"{cut.sample} ended whole, {ended:.2f} s after SIGTERM")
    if not told:
        untested(Untested.MISSING_INPUT, "no stream of known length was open at SIGTERM", STREAM_OPTION)
    observed("; ".join(told))


@clause("stream.failure-visible")
def test_failure_visible(streams_stopped: CutSeen, limit: Limits, streams_killed: CutSeen | None = None) -> None:
    """Half an answer with a proper end is taken for a whole one."""
    told = []
    for seen in (streams_stopped, streams_killed):
        for cut in _open(seen) if seen else ():
            if not _repeats(cut, limit.whole_share) or _length(cut.seen) >= limit.whole_share * _length(cut.usual[0]):
                continue
            came, usual = _length(cut.seen), _length(cut.usual[0])
            said = any(map(is_error, _last_records(cut.seen)))
            if cut.seen.ok and not said:
                broken(
                    Reason.FAILURE_HIDDEN,
                    expected="an error record, or an end without the terminal chunk",
                    observed=f"{cut.sample}: a proper end after {came:,} bytes of {usual:,}",
                    proof=cut.seen.exchange,
                )
            how = "with an error record" if said else f"by {cut.seen.exchange.trouble}"
            told.append(f"{cut.sample} was cut {how}")
    if not told:
        untested(
            Untested.OUT_OF_REACH,
            "no stream could be made to fail: each was finished before the stop, and no process could be killed alone",
        )
    observed("; ".join(told))


def _open(seen: CutSeen) -> tuple[Cut, ...]:
    """The streams that were open when it happened."""
    return tuple(cut for cut in seen.cuts if cut.seen.exchange.done > cut.at)


def _repeats(cut: Cut, share: float) -> bool:
    """Whether the stream is about as long each time: else a short one proves nothing."""
    first, second = map(_length, cut.usual)
    return all(usual.ok for usual in cut.usual) and min(first, second) >= share * max(first, second)


def _whole(cut: Cut, share: float) -> bool:
    short = _repeats(cut, share) and _length(cut.seen) < share * _length(cut.usual[0])
    return cut.seen.ok and not short and not any(map(is_error, _last_records(cut.seen)))


def _length(seen: Streamed) -> int:
    return seen.exchange.answer.body.length if seen.exchange.answer else 0


def _last_records(seen: Streamed) -> tuple[str, ...]:
    """The records at the end of a stream, the first one left out where the kept end may begin in its middle."""
    cut = len(seen.tail) < _length(seen)
    tail = seen.tail.partition(b"\n")[2] if cut else seen.tail
    return records_of(tail, seen.media_type).records
