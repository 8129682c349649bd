"""Judges the clauses on the start window and on /ping."""

from seatrial.conformance.api import (
    Boot,
    BootEnd,
    Exchange,
    Limits,
    Trouble,
    Untested,
    broken,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.crowd import FirstCallSeen
from seatrial.suites.realtime.scenarios.load_busy import BusySeen
from seatrial.suites.realtime.scenarios.ping import BackgroundSeen, FormsSeen, LoopSeen, PingsSeen

TOO_LATE = {Trouble.TIMEOUT, Trouble.CONNECT_TIMEOUT}
REDIRECTS = {301, 302, 303, 307, 308}
DENIED = {401, 403, 407}


@clause("start.becomes-ready")
def test_becomes_ready(boot: Boot) -> None:
    """The start window ended with a lasting answer: neither silence nor a 5xx."""
    if boot.ready:
        observed(f"first 200 after {boot.ready_at:.1f} s")
    if boot.end is BootEnd.CANCELLED:
        untested(Untested.PREREQUISITE, "the trial was given up during the start")
    last = boot.last
    if last is None or last.status is None or last.status >= 500:
        tries = sum(run.count for run in boot.runs)
        broken(
            Reason.NEVER_READY,
            expected="a 200 of GET /ping within the start window",
            observed=f"{last.summary if last else 'nothing'} after {boot.waited:.1f} s ({tries} tries)",
            proof=(last,) if last else (),
        )


@clause("ping.answers-200")
def test_answers_200(boot: Boot) -> None:
    """What /ping settled on is 200 and nothing else."""
    if not boot.ready and boot.last is not None:
        expect(boot.last.status, proof=boot.last).to_be(200, reason=Reason.PING_STATUS)
        expect(boot.last.trouble, boot.last.summary, proof=boot.last).to_be(
            None, reason=Reason.PING_STATUS, expected="a 200 whose answer comes to its end"
        )


@clause("ping.within-2-seconds")
def test_within_2_seconds(
    pings: PingsSeen,
    limit: Limits,
    background_pings: BackgroundSeen | None = None,
    pings_soak: PingsSeen | None = None,
) -> None:
    """No ping was given up, as the platform does after two seconds."""
    every = (*pings.pings, *(pings_soak.pings if pings_soak else ()))
    for ping in every:
        late = ping.trouble in TOO_LATE or ping.done > limit.ping_timeout_s
        expect(not late, proof=ping).to_be_true(
            reason=Reason.PING_SLOW, expected=f"an answer within {limit.ping_timeout_s:g} s"
        )
    beside = background_pings.pings if background_pings else ()
    given_up = sum(ping.trouble in TOO_LATE for ping in beside)
    slowest = max(ping.done for ping in every)
    if given_up:
        observed(f"slowest ping {slowest:.3f} s; beside other requests {given_up} of {len(beside)} were given up")
    note = ", close to the limit" if slowest > limit.notice_s else ""
    observed(f"slowest ping {slowest:.3f} s{note}")


@clause("ping.stays-200")
def test_stays_200(
    pings: PingsSeen, background_pings: BackgroundSeen | None = None, pings_soak: PingsSeen | None = None
) -> None:
    """After the first 200 no ping was answered with anything else."""
    for ping in (*pings.pings, *(pings_soak.pings if pings_soak else ())):
        if ping.trouble not in TOO_LATE:
            _expect_200(ping)
    if background_pings is not None and background_pings.odd is not None:
        _expect_200(background_pings.odd)


def _expect_200(ping: Exchange) -> None:
    expect(ping.status, proof=ping).to_be(
        200, reason=Reason.PING_FLAPS, expected="200, as before, until the server stops"
    )


@clause("ping.means-ready")
def test_means_ready(first_call: FirstCallSeen) -> None:
    """The first calls after the first 200 were answered."""
    for call in first_call.calls:
        after = call.started - first_call.ready_at
        expect(call.ok, f"{call.summary}, {after * 1000:.0f} ms after the first 200", proof=call).to_be_true(
            reason=Reason.READY_TOO_EARLY, expected="2xx for a valid request"
        )
    observed(f"called {(first_call.calls[0].started - first_call.ready_at) * 1000:.0f} ms after the first 200")


@clause("ping.honest-while-loading")
def test_honest_while_loading(boot: Boot) -> None:
    """On the way to 200 stand refusals, silence, 4xx and 5xx only."""
    for run in boot.runs[:-1]:
        expect(run.status, f"{run.count} times {run.outcome} from {run.first:.2f} s on").to_hold(
            lambda status: status is None or status >= 400,
            reason=Reason.ODD_WHILE_LOADING,
            expected="no connection, or 503, until the first 200",
        )
    observed(", then ".join(f"{run.outcome} from {run.first:.2f} s" for run in boot.runs[-8:]))


@clause("ping.under-load")
def test_under_load(busy_ping: BusySeen, limit: Limits) -> None:
    """While calls waited for their answer, every ping was answered 200 in time."""
    busy = [one.ping for one in busy_ping.pings if one.in_flight]
    for ping in busy:
        expect(ping.status, f"{ping.summary} while {busy_ping.calls} calls ran", proof=ping).to_be(
            200, reason=Reason.PING_BLOCKED, expected=f"200 within {limit.ping_timeout_s:g} s"
        )
    if not busy:
        untested(
            Untested.MISSING_INPUT,
            "the slow request was answered before a ping could be sent beside it",
            "--trial-slow-sample FILE",
        )
    calls = "slow calls" if busy_ping.slow else "callers without a pause"
    slowest = max(ping.done for ping in busy)
    observed(f"slowest of {len(busy)} pings {slowest:.3f} s beside {busy_ping.calls} {calls}")


@clause("ping.post")
def test_post(ping_forms: FormsSeen) -> None:
    """POST does as well; what is not promised is only told."""
    expect(ping_forms.post.status, proof=ping_forms.post).to_be(200, reason=Reason.POST_REFUSED)


@clause("ping.empty-body")
def test_empty_body(ping_forms: FormsSeen) -> None:
    """The answer is only a status."""
    length = ping_forms.plain.answer.body.length if ping_forms.plain.answer else 0
    expect(length, f"{length:,} bytes", proof=ping_forms.plain).to_be(
        0, reason=Reason.PING_BODY, expected="an empty body"
    )


@clause("ping.direct")
def test_direct(boot: Boot, ping_forms: FormsSeen | None = None) -> None:
    """No redirect and no door before the answer, whatever header is missing."""
    for ping in (boot.last, ping_forms.bare if ping_forms else None):
        if ping is not None:
            expect(ping.status in REDIRECTS | DENIED, proof=ping).to_be(
                False, reason=Reason.PING_NOT_DIRECT, expected="an answer of its own: no redirect, no 401, no 403"
            )


@clause("ping.cheap")
def test_cheap(ping_loop: LoopSeen, limit: Limits, ping_loop_soak: LoopSeen | None = None) -> None:
    """Many pings leave nothing behind: no memory, no thread, no file, no flood in the log."""
    for seen in (ping_loop, ping_loop_soak):
        if seen is not None:
            _expect_cheap(seen, limit)


def _expect_cheap(seen: LoopSeen, limit: Limits) -> None:
    before = {one.pid: one for one in seen.before}
    kept = [(before[one.pid], one) for one in seen.after if one.pid in before]
    grown = {
        "threads": sum(new.threads - old.threads for old, new in kept),
        "open files": sum(new.open_files - old.open_files for old, new in kept),
        "processes": len(seen.after) - len(seen.before),
    }
    for what, count in grown.items():
        expect(count, f"{count} more {what} after {seen.pings} pings").to_be_at_most(
            limit.growth_count, reason=Reason.PING_COSTS, unit=f"more {what}"
        )
    memory = sum(new.rss_bytes - old.rss_bytes for old, new in kept) / seen.pings
    expect(memory, f"{memory:,.0f} bytes a ping").to_be_at_most(
        limit.growth_bytes, reason=Reason.PING_COSTS, unit="bytes a ping"
    )
    lines = seen.lines // seen.pings
    expect(lines, f"{seen.lines} log lines in {seen.pings} pings").to_be_at_most(
        limit.lines, reason=Reason.PING_LOG_FLOOD, unit="log line a ping"
    )
