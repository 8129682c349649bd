"""Judges streams that were asked for one at a time: their framing, when they came, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import (
    NotApplicable,
    TrialFacts,
    Trouble,
    Untested,
    broken,
    clause,
    expect,
    noted,
    observed,
    untested,
)
from seatrial.suites.streaming.arrival import Arrival, arrival_of
from seatrial.suites.streaming.reasons import Reason
from seatrial.suites.streaming.records import Form, records_of
from seatrial.suites.streaming.scenarios.samples import STREAM_OPTION

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits
    from seatrial.suites.streaming.scenarios.runs import LongestSeen, Run, StreamsSeen

PROFILE = "streaming"
NOT_FOLLOWED = frozenset({Trouble.TIMEOUT, Trouble.ABORTED})
PASSED_ON = ("content-type", "x-amzn-sagemaker-")


@clause("stream.chunked")
def test_chunked(streams: StreamsSeen, facts: TrialFacts) -> None:
    """The user's request is answered by a stream, or one of the well-known shapes is."""
    given = [run for run in streams.runs if run.given]
    for run in given:
        _expect_stream(run)
    if streams.streams:
        first = streams.streams[0]
        observed(f"{first.sample}: {first.seen.count} chunks of {first.seen.media_type or 'no media type'}")
    accepted = [run for run in streams.runs if (run.seen.status or 0) // 100 == 2]
    if PROFILE not in facts.claimed:
        raise NotApplicable("no prompt of a well-known shape with `stream` is answered by a stream")
    if not accepted:
        untested(Untested.MISSING_INPUT, "no prompt of a well-known shape was answered with 2xx", STREAM_OPTION)
    _expect_stream(accepted[0])


def _expect_stream(run: Run) -> None:
    seen = run.seen
    answer = seen.exchange.answer
    expect(answer is not None and answer.ok, f"{run.sample}: {seen.summary}", proof=seen.exchange).to_be_true(
        reason=Reason.STREAM_REFUSED, expected="2xx for a valid request for a stream"
    )
    length = answer.header("content-length") if answer else None
    framing = f"Content-Length: {length}" if length else ("chunked" if seen.chunked else "neither length nor chunks")
    expect(
        seen.chunked and seen.count > 1,
        f"{run.sample}: {framing}, {seen.count} piece{'s' * (seen.count != 1)}",
        proof=seen.exchange,
    ).to_be_true(reason=Reason.STREAM_IN_ONE_PIECE, expected="Transfer-Encoding: chunked, two chunks or more")


@clause("stream.incremental")
def test_incremental(streams: StreamsSeen, limit: Limits) -> None:
    """Of several tries the best one counts: a busy machine delays pieces, and never brings one early."""
    runs = {run.sample: [each for each in streams.streams if each.sample == run.sample] for run in streams.streams}
    told = []
    for sample, tries in runs.items():
        arrivals = [arrival_of(run.seen) for run in tries]
        wrong = [_held_back(run, arrival, limit) for run, arrival in zip(tries, arrivals, strict=True)]
        if all(wrong):
            _judge_held_back(streams, tries[-1], arrivals[-1], wrong[-1], limit)
            continue
        best = max(arrivals, key=lambda arrival: len(arrival.filled))
        seen = tries[arrivals.index(best)].seen
        told.append(f"{sample}: {seen.count} chunks from {seen.pieces[0].at:.3f} to {best.total:.3f} s")
    if not told:
        untested(
            Untested.MISSING_INPUT,
            f"every stream was over within {limit.total_s:g} s, too soon to tell how its chunks came",
            STREAM_OPTION,
        )
    observed("; ".join(told))


def _held_back(run: Run, arrival: Arrival, limit: Limits) -> Reason | None:
    """Why this stream looks held back; None where it does not."""
    if arrival.late_share >= limit.late_bytes_share and len(arrival.filled) <= 2 and arrival.apart:
        return Reason.STREAM_IN_ONE_BURST
    records = len(records_of(run.seen.text, run.seen.media_type).records)
    few = len(arrival.filled) <= limit.most_blocks and arrival.apart
    return Reason.STREAM_IN_BLOCKS if few and records >= limit.records_a_block * len(arrival.filled) else None


def _judge_held_back(streams: StreamsSeen, run: Run, arrival: Arrival, reason: Reason | None, limit: Limits) -> None:
    if arrival.total < limit.total_s or reason is None:
        return
    seen = run.seen
    whole = f"; the same answer in one piece took {streams.whole.done:.3f} s" if streams.whole else ""
    blocks = f"{len(arrival.filled)} burst{'s' * (len(arrival.filled) != 1)}"
    broken(
        reason,
        expected="chunks spread over the time that the answer takes",
        observed=f"{run.sample}: {seen.count} chunks in {blocks}, {arrival.late_share:.0%} of the bytes at the end of"
        f" {arrival.total:.3f} s{whole}",
        proof=seen.exchange,
    )


@clause("stream.within-8-minutes")
def test_within_8_minutes(streams: StreamsSeen, limit: Limits, longest_streams: LongestSeen | None = None) -> None:
    """What was not followed to its end is no proof of an endless one."""
    for run in longest_streams.runs if longest_streams else ():
        seen = run.seen
        endless = seen.exchange.trouble is Trouble.TIMEOUT or seen.exchange.done > limit.total_s
        expect(not endless, f"{run.sample}: {seen.summary}", proof=seen.exchange).to_be_true(
            reason=Reason.STREAM_ENDLESS, expected=f"an end within {limit.total_s:g} s"
        )
    runs = longest_streams.runs if longest_streams else streams.streams
    longest = max(run.seen.exchange.done for run in runs)
    told = f"the longest of {len(runs)} streams took {longest:.1f} s"
    if longest_streams:
        observed(told)
    noted(f"{told}; --trial-soak with {STREAM_OPTION} follows long ones to their end")


@clause("stream.reassembles")
def test_reassembles(streams: StreamsSeen) -> None:
    """A parser that knows nothing of chunks finds the same records."""
    forms = []
    for run in streams.streams:
        found = records_of(run.seen.text, run.seen.media_type)
        forms.append(found.form)
        if found.form is Form.UNDELIMITED:
            broken(
                Reason.RECORDS_UNDELIMITED,
                expected="server-sent events, or a newline behind each JSON text",
                observed=f"{run.sample}: {len(found.records)} {found.form}",
                proof=run.seen.exchange,
            )
        whole = run.seen.ok and not run.seen.text_cut
        if whole and found.rest:
            broken(
                Reason.RECORD_UNFINISHED,
                expected="a mark behind the last record, without which a parser drops it",
                observed=f"{run.sample}: behind the last mark stands {found.rest[:80]!r}",
                proof=run.seen.exchange,
            )
    observed(", ".join(dict.fromkeys(map(str, forms))))


@clause("stream.headers-first")
def test_headers_first(streams: StreamsSeen) -> None:
    """The platform hands on what stands in the header block."""
    for run in streams.streams:
        expect(run.seen.media_type, f"{run.sample}: no Content-Type", proof=run.seen.exchange).to_be_true(
            reason=Reason.STREAM_TYPE_MISSING, expected="a Content-Type in the header block"
        )
        late = [name for name, _ in run.seen.trailers if name.lower().startswith(PASSED_ON)]
        expect(late, f"{run.sample}: behind the last chunk: {', '.join(late)}", proof=run.seen.exchange).to_be_empty(
            reason=Reason.HEADER_IN_TRAILER, expected="headers before the first chunk"
        )


@clause("stream.ends-properly")
def test_ends_properly(streams: StreamsSeen) -> None:
    """A connection that just ends looks like a failure to the caller."""
    followed = [run for run in streams.streams if run.seen.exchange.trouble not in NOT_FOLLOWED]
    if not followed:
        untested(Untested.MISSING_INPUT, "no stream came to its end while it was read", STREAM_OPTION)
    for run in followed:
        trouble, detail = run.seen.exchange.trouble, run.seen.exchange.detail
        expect(run.seen.ok, f"{run.sample}: {trouble} ({detail})", proof=run.seen.exchange).to_be_true(
            reason=Reason.STREAM_UNTERMINATED, expected="the terminal chunk behind the last record"
        )
