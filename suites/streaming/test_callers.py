"""Judges streams side by side: many at once, callers that leave, one that does not read, and plain calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Trouble, Untested, broken, clause, expect, observed, untested
from seatrial.suites.streaming.reasons import Reason
from seatrial.suites.streaming.records import is_error, records_of
from seatrial.suites.streaming.scenarios.samples import STREAM_OPTION

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange, Limits
    from seatrial.suites.streaming.scenarios.crowd import LeavingSeen, SlowReaderSeen, TogetherSeen
    from seatrial.suites.streaming.scenarios.refusals import PlainSeen, RefusalsSeen

TOO_LATE = frozenset({Trouble.TIMEOUT, Trouble.CONNECT_TIMEOUT})
EVENTS = "text/event-stream"


@clause("stream.ping-meanwhile")
def test_ping_meanwhile(streams_together: TogetherSeen, limit: Limits) -> None:
    """A ping counts where streams were open while it was answered."""
    beside = [one for one in streams_together.pings if one.open]
    if not beside:
        untested(
            Untested.MISSING_INPUT, "no stream was open while /ping was asked: all were over too soon", STREAM_OPTION
        )
    for one in beside:
        _expect_ping(one.ping, limit, Reason.PING_WAITS_FOR_STREAMS, f"{one.open} of the callers had a stream open")
    slowest = max(one.ping.done for one in beside)
    most = max(one.open for one in beside)
    observed(f"slowest of {len(beside)} pings {slowest:.3f} s beside up to {most} open streams")


def _expect_ping(ping: Exchange, limit: Limits, reason: Reason, when: str) -> None:
    good = ping.status == 200 and ping.trouble is None and ping.done <= limit.ping_timeout_s
    expect(good, f"{ping.summary} while {when}", proof=ping).to_be_true(
        reason=reason, expected=f"200 within {limit.ping_timeout_s:g} s"
    )


@clause("stream.first-byte")
def test_first_byte(streams_together: TogetherSeen, limit: Limits) -> None:
    """The platform gives up on a container that is silent for so long."""
    first = []
    for seen in streams_together.streams:
        began = seen.exchange.first_byte
        left = began is None and seen.exchange.trouble is Trouble.ABORTED
        if left and seen.exchange.done <= limit.first_byte_s:
            continue
        late = began is None or began > limit.first_byte_s
        expect(not late, f"{seen.summary}, one of {streams_together.callers} callers", proof=seen.exchange).to_be_true(
            reason=Reason.FIRST_BYTE_LATE, expected=f"the first byte within {limit.first_byte_s:g} s"
        )
        first.append(began or 0.0)
    if not first:
        untested(Untested.PREREQUISITE, "no stream began")
    observed(f"{len(first)} streams of {streams_together.callers} callers, the first byte after {max(first):.3f} s")


@clause("stream.leaving-frees")
def test_leaving_frees(streams_left: LeavingSeen, limit: Limits) -> None:
    """What goes on being generated for nobody keeps the next caller waiting."""
    before, after = streams_left.before, streams_left.after
    usual = before.first_at
    if usual is None:
        untested(Untested.PREREQUISITE, f"the stream before they came had no chunk: {before.summary}")
    expect(
        after.first_at,
        f"{after.summary}; before {streams_left.left} callers left, the first chunk came after {usual:.3f} s",
        proof=after.exchange,
    ).to_be_at_most(
        usual + limit.later_s, reason=Reason.LEAVERS_COST,
        expected=f"the first chunk at most {limit.later_s:g} s later than before",
    )  # fmt: skip
    if streams_left.files_before is not None and streams_left.files_after is not None:
        grown = streams_left.files_after - streams_left.files_before
        expect(grown, f"{grown} more open files after {streams_left.left} callers had left").to_be_at_most(
            limit.growth_count, reason=Reason.LEAVERS_LEAK, unit="more open files"
        )
    observed(
        f"{streams_left.begun} of {streams_left.left} left after a chunk; the next stream began after"
        f" {after.first_at or 0:.3f} s, {usual:.3f} s before"
    )


@clause("stream.slow-reader")
def test_slow_reader(slow_reader: SlowReaderSeen, limit: Limits) -> None:
    """Small streams are swallowed whole by the buffers of two kernels: only a large one shows anything."""
    seen, slow = slow_reader, slow_reader.slow
    if slow is None or seen.largest < limit.least_bytes:
        untested(
            Untested.MISSING_INPUT,
            f"the largest stream brought {seen.largest:,} bytes in a few seconds, which buffers hold;"
            f" {limit.least_bytes:,.0f} are needed",
            STREAM_OPTION,
        )
    for ping in seen.pings:
        _expect_ping(ping, limit, Reason.SLOW_READER_BLOCKS, "one caller did not read")
    reading, stalled = seen.beside_reading, seen.beside_stalled
    if reading is not None and stalled is not None and reading.first_at is not None:
        expect(
            stalled.first_at,
            f"{stalled.summary} while one caller did not read; while it read, {reading.first_at:.3f} s",
            proof=stalled.exchange,
        ).to_be_at_most(
            reading.first_at + limit.first_byte_s, reason=Reason.SLOW_READER_BLOCKS,
            expected="another caller's first chunk about as soon as before",
        )  # fmt: skip
    if slow.exchange.trouble not in {Trouble.ABORTED, Trouble.TIMEOUT}:
        expect(slow.ok, slow.summary, proof=slow.exchange).to_be_true(
            reason=Reason.SLOW_READER_CUT, expected="the whole stream, up to its terminal chunk"
        )
    observed(slow.summary)


@clause("stream.refused-by-status")
def test_refused_by_status(stream_refusals: RefusalsSeen) -> None:
    """A server that can do something with such a request may; one that cannot says so in time."""
    told = []
    for refusal in stream_refusals.refusals:
        seen = refusal.seen
        failed = any(map(is_error, records_of(seen.text, seen.media_type).records))
        if seen.status is not None and seen.status < 400 and (failed or not seen.exchange.ok):
            broken(
                Reason.REFUSED_WITH_200,
                expected="a 4xx or 5xx",
                observed=f"a request {refusal.what}: {seen.summary}, and the stream tells of an error",
                proof=seen.exchange,
            )
        told.append(f"{refusal.what}: {seen.status or seen.exchange.trouble}")
    observed("; ".join(told))


@clause("stream.plain-calls")
def test_plain_calls(stream_plain: PlainSeen) -> None:
    """Who asks for no stream cannot read one."""
    answered = [call for call in stream_plain.calls if call.ok and call.answer is not None]
    if not answered:
        untested(Untested.MISSING_INPUT, "no request that asks for no stream was answered 2xx", "--trial-sample FILE")
    for call in answered:
        answer = call.answer
        media = (answer.header("content-type") or "").lower() if answer else ""
        torn = "json" in media and "lines" not in media and answer is not None and answer.body.json is False
        expect(
            not (media.startswith(EVENTS) or torn),
            f"{media}{', which is no single JSON text' if torn else ''}",
            proof=call,
        ).to_be_true(reason=Reason.PLAIN_CALL_STREAMED, expected="one body of the model's own media type")
