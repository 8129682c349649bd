"""Judges how valid requests to /invocations are answered, in time and over time."""

from collections.abc import Iterable
from itertools import pairwise

from seatrial.conformance.api import (
    Exchange,
    Limits,
    SampleSeen,
    SamplesSeen,
    Trouble,
    Untested,
    broken,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.invoke import InvokeSeen, is_json
from seatrial.suites.realtime.scenarios.invoke_steady import SteadySeen
from seatrial.suites.realtime.scenarios.slow_call import SlowCallSeen

SAMPLE = "--trial-sample FILE"
NEVER_A_MODELS_WORD = frozenset({301, 302, 303, 307, 308, 401, 403, 405, 501})
"""Statuses that no request body can earn: redirected, not let in, or not a method of this path."""


@clause("invocations.answers")
def test_answers(samples: SamplesSeen, invoke: InvokeSeen) -> None:
    """Each valid request is answered 2xx, with JSON where Content-Type says so."""
    if not samples.accepted:
        _nothing_accepted(samples.tried, invoke.elsewhere)
    for seen in samples.tried:
        if seen.given and not seen.accepted and seen.first.trouble is not Trouble.TIMEOUT:
            broken(
                Reason.INVOCATIONS_NOT_2XX, expected=f"2xx for the given sample {seen.name}",
                observed=seen.first.summary, proof=seen.first,
            )  # fmt: skip
    for call in invoke.calls:
        if call.exchange.trouble is Trouble.TIMEOUT:  # judged by `invocations.within-60-seconds`
            continue
        expect(call.exchange.ok, call.exchange.summary, proof=call.exchange).to_be_true(
            reason=Reason.INVOCATIONS_NOT_2XX, expected=f"2xx for the sample {call.sample}, as before"
        )
        expect(call.exchange, _shown(call.exchange), proof=call.exchange).to_hold(
            _is_what_it_says, reason=Reason.INVOCATIONS_NOT_JSON, expected="a body that is JSON, as Content-Type says"
        )


def _nothing_accepted(tried: tuple[SampleSeen, ...], elsewhere: Exchange) -> None:
    """Say why nothing was answered 2xx: the route, the server, or only that no valid request is known."""
    firsts = tuple(seen.first for seen in tried)
    shown = "; ".join(f"{seen.name}: {seen.first.summary}" for seen in tried)
    if all(first.trouble is Trouble.TIMEOUT for first in firsts):
        untested(Untested.PREREQUISITE, f"no request was answered in time ({shown})", SAMPLE)
    no_route = all(first.status in NEVER_A_MODELS_WORD for first in firsts)
    if no_route or all(_same_refusal(first, elsewhere) for first in firsts):
        broken(
            Reason.INVOCATIONS_ROUTE_MISSING, expected="POST /invocations is served",
            observed=f"{firsts[0].summary}, whatever the body", proof=firsts[0],
        )  # fmt: skip
    if all(first.trouble is not None for first in firsts):
        broken(
            Reason.INVOCATIONS_DROPPED, expected="a complete HTTP answer, whatever the body", observed=shown,
            proof=firsts[0],
        )  # fmt: skip
    if any(seen.given for seen in tried):
        broken(
            Reason.INVOCATIONS_NOT_2XX, expected="2xx for the given samples", observed=shown, proof=firsts[0]
        )  # fmt: skip
    untested(
        Untested.MISSING_INPUT, f"none of the built-in request shapes was answered with 2xx ({shown})", SAMPLE
    )  # fmt: skip


def _same_refusal(one: Exchange, elsewhere: Exchange) -> bool:
    """Whether /invocations was refused with 404, word for word like a path that no server has."""
    if one.answer is None or elsewhere.answer is None or {one.status, elsewhere.status} != {404}:
        return False
    words = elsewhere.answer.body.head.replace(elsewhere.request.target.encode(), one.request.target.encode())
    return one.answer.body.head == words


def _is_what_it_says(exchange: Exchange) -> bool:
    answer = exchange.answer
    if answer is None or answer.status == 204 or answer.header("content-encoding"):
        return True
    if not is_json(answer.header("content-type") or ""):
        return True
    return bool(answer.body.json) or (answer.body.json is None and answer.body.length > 0)


def _shown(exchange: Exchange) -> str:
    answer = exchange.answer
    return f"{answer.header('content-type')}: {answer.body.text[:80]!r}" if answer else exchange.summary


@clause("invocations.within-60-seconds")
def test_within_60_seconds(samples: SamplesSeen, invoke: InvokeSeen, limit: Limits) -> None:
    """Each valid request is answered within 60 s."""
    exchanges = (
        *(seen.first for seen in samples.accepted if seen.first.ok),  # a first call that was late is the cold call's
        *(call.exchange for call in invoke.calls),
        *(seen.first for seen in samples.tried[-1:] if not samples.accepted),
    )
    for exchange in exchanges:
        late = exchange.trouble is Trouble.TIMEOUT or exchange.done > limit.answer_s
        expect(not late, exchange.summary, proof=exchange).to_be_true(
            reason=Reason.ANSWER_LATE, expected=f"an answer within {limit.answer_s:g} s"
        )
    if not samples.accepted:
        untested(Untested.MISSING_INPUT, "no valid request is known for this model", SAMPLE)
    slowest = max(exchange.done for exchange in exchanges)
    near = f", near the limit of {limit.answer_s:g} s" if slowest > limit.notice_s else ""
    observed(f"the slowest valid request took {slowest:.3f} s{near}")


@clause("invocations.cold-call")
def test_cold_call(samples: SamplesSeen, limit: Limits) -> None:
    """The first call after readiness is answered within 60 s, like any other."""
    for seen in samples.tried:
        late = seen.first.trouble is Trouble.TIMEOUT or seen.first.done > limit.answer_s
        expect(not late, seen.first.summary, proof=seen.first).to_be_true(
            reason=Reason.COLD_CALL_LATE, expected=f"an answer to the first call within {limit.answer_s:g} s"
        )
        if seen.accepted:
            observed(f"the first call took {seen.first.done:.3f} s")


@clause("invocations.gives-up-in-time")
def test_gives_up_in_time(slow_call: SlowCallSeen, limit: Limits) -> None:
    """A call that lasts too long is ended by the server with 5xx, and the next one is served."""
    slow = slow_call.slow
    if slow.ok and slow.done <= limit.answer_s:
        untested(
            Untested.MISSING_INPUT, f"the slow sample was answered after {slow.done:.1f} s, it must last longer than"
            f" {limit.answer_s:g} s", "--trial-slow-sample FILE",
        )  # fmt: skip
    if slow.trouble is None and 300 <= (slow.status or 0) < 500:
        untested(
            Untested.MISSING_INPUT, f"the slow sample is no valid request: {slow.summary}", "--trial-slow-sample FILE"
        )
    expect(slow.trouble is not Trouble.TIMEOUT and slow.done <= limit.answer_s, slow.summary, proof=slow).to_be_true(
        reason=Reason.SLOW_CALL_HANGS, expected=f"5xx within {limit.answer_s:g} s"
    )
    expect(slow.trouble is None, slow.summary, proof=slow).to_be_true(
        reason=Reason.SLOW_CALL_DROPPED, expected="5xx, not a lost connection"
    )
    for after in slow_call.after:
        expect(after.ok, after.summary, proof=(slow, after)).to_be_true(
            reason=Reason.SLOW_CALL_COSTS_WORKER, expected="2xx for the valid requests after it"
        )


@clause("invocations.consistent-length")
def test_consistent_length(invoke: InvokeSeen) -> None:
    """An answer is as long as it says, and says what it is."""
    calls = tuple(call.exchange for call in invoke.calls)
    for exchange in (*calls, *_some(invoke.compressed), *invoke.together):
        if exchange.answer is None and exchange.trouble is not Trouble.GARBAGE:
            continue  # nothing came that could be too long or too short
        expect(exchange.trouble is None, _framing(exchange), proof=exchange).to_be_true(
            reason=Reason.LENGTH_WRONG, expected="an answer that ends where its length or its chunks say"
        )
        if exchange.answer is not None and exchange.answer.body.length:
            expect(exchange.answer.header("content-type"), "no Content-Type", proof=exchange).to_be_true(
                reason=Reason.CONTENT_TYPE_MISSING, expected="a Content-Type on an answer with a body"
            )
    expect(invoke.unasked == 0, f"{invoke.unasked} bytes behind the answer", proof=invoke.together).to_be_true(
        reason=Reason.LENGTH_WRONG, expected="no byte behind the end that Content-Length states"
    )


def _framing(exchange: Exchange) -> str:
    stated = exchange.answer.header("content-length") if exchange.answer else None
    read = exchange.answer.body.length if exchange.answer else 0
    return f"{exchange.summary}: Content-Length {stated}, {read} bytes came" if stated else exchange.summary


def _some(exchange: Exchange | None) -> Iterable[Exchange]:
    return () if exchange is None else (exchange,)


@clause("invocations.steady")
def test_steady(steady: SteadySeen, limit: Limits) -> None:
    """Hundreds of calls fail nowhere and leave nothing behind."""
    if steady.failed is not None:
        broken(
            Reason.STEADY_FAILS, expected="2xx for every call", proof=steady.failed,
            observed=f"{steady.failed.summary} after {steady.calls} calls",
        )  # fmt: skip
    pairs = [(a, b) for a, b in pairwise(steady.footprints) if b.calls > a.calls]
    if steady.cut and steady.calls < limit.calls / 3:
        observed(f"{steady.calls} calls in the time there was: too few to judge growth, --trial-soak makes more")
    memory = min((b.rss_bytes - a.rss_bytes) / (b.calls - a.calls) for a, b in pairs)
    expect(memory, f"{memory:,.0f} bytes a call, in every block of calls").to_be_at_most(
        limit.growth_bytes, unit="bytes a call", reason=Reason.MEMORY_LEAK
    )
    files = [b.open_files - a.open_files for a, b in pairs]
    expect(min(files) < 1 or sum(files) <= limit.growth_count, f"{sum(files)} more, growing all the time").to_be_true(
        reason=Reason.FILE_LEAK, expected=f"at most {limit.growth_count:g} more open files after {steady.calls} calls"
    )
    first, last = steady.footprints[0], steady.footprints[-1]
    observed(
        f"{steady.calls} calls: memory {(last.rss_bytes - first.rss_bytes) / 1024:+,.0f} KiB,"
        f" open files {last.open_files - first.open_files:+d}"
    )
