"""Judges the clauses on many callers at once, and on what the platform asks besides."""

from seatrial.conformance.api import Exchange, Limits, Trouble, Untested, broken, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.load import AbortsSeen, CrossTalkSeen, OverloadSeen
from seatrial.suites.realtime.scenarios.load_busy import MetricsSeen, PathsSeen

REFUSED = {"429", "503", "504"}


@clause("invocations.no-cross-talk")
def test_no_cross_talk(cross_talk: CrossTalkSeen) -> None:
    """Nobody got the answer that belongs to another's request."""
    swapped = sum(one.count for one in cross_talk.tallies if one.answer not in {None, one.payload})
    asked = sum(one.count for one in cross_talk.tallies)
    if swapped:
        broken(
            Reason.CROSS_TALK,
            expected="each caller's own answer",
            observed=f"{swapped} of {asked} callers got the answer to another's request",
            proof=(cross_talk.swapped,) if cross_talk.swapped else (),
        )
    own = sum(one.count for one in cross_talk.tallies if one.answer == one.payload)
    if not own:
        outcomes = sorted({one.outcome for one in cross_talk.tallies})
        untested(Untested.PREREQUISITE, f"of {asked} calls none brought a known answer ({', '.join(outcomes)})")
    unlike = sum(one.count for one in cross_talk.tallies if one.answer is None and one.outcome.startswith("2"))
    differ = f"; {unlike} were like none of the known answers (batches may round differently)" if unlike else ""
    observed(f"{own} of {asked} callers, {cross_talk.together} at once, got their own answer{differ}")


@clause("invocations.client-aborts")
def test_client_aborts(aborts: AbortsSeen, limit: Limits) -> None:
    """Callers that left took nobody along and left nothing open."""
    for call in aborts.afterwards:
        expect(call.ok, f"{call.summary} after {aborts.left} callers had left", proof=call).to_be_true(
            reason=Reason.ABORTS_BREAK, expected="2xx for a valid request"
        )
    if aborts.files_before is not None and aborts.files_after is not None:
        grown = aborts.files_after - aborts.files_before
        expect(grown, f"{grown} more open files after {aborts.left} callers had left").to_be_at_most(
            limit.growth_count, reason=Reason.ABORTS_LEAK, unit="more open files"
        )


@clause("invocations.overload")
def test_overload(overload: OverloadSeen, limit: Limits, overload_soak: OverloadSeen | None = None) -> None:
    """Too many callers are served or refused, none is left waiting, and the health check goes on."""
    for seen in (overload, overload_soak):
        if seen is not None:
            _expect_fair(seen)
    if overload_soak is not None:
        waiting = dict(overload_soak.outcomes).get("timeout", 0)
        expect(waiting, f"{waiting} of {overload_soak.callers} callers had no answer").to_be(
            0, reason=Reason.OVERLOAD_HANGS, expected=f"an answer or a refusal within {limit.answer_s:g} s"
        )
    waiting = dict(overload.outcomes).get("timeout", 0)
    if waiting:
        untested(
            Untested.MISSING_INPUT,
            f"{waiting} of {overload.callers} callers still waited after {overload.patience:g} s",
            "--trial-soak",
        )
    refused = sum(count for outcome, count in overload.outcomes if outcome in REFUSED)
    observed(
        f"{overload.callers} callers at once: {refused} refused, the slowest answer after {overload.slowest:.2f} s"
    )


def _expect_fair(seen: OverloadSeen) -> None:
    if seen.bad is not None:
        broken(
            Reason.OVERLOAD_ERROR,
            expected="2xx, 429, 503 or 504 for each caller",
            observed=", ".join(f"{count} times {outcome}" for outcome, count in seen.outcomes),
            proof=seen.bad,
        )
    for first, second in zip(seen.pings, seen.pings[1:], strict=False):
        if first.status != 200 and second.status != 200:
            broken(
                Reason.OVERLOAD_DEAF,
                expected="200 for pings meanwhile",
                observed=f"{first.outcome}, then {second.outcome}, beside {seen.callers} callers",
            )


@clause("invocations.unknown-paths")
def test_unknown_paths(unknown_paths: PathsSeen) -> None:
    """What is served elsewhere is only told."""
    for exchange, wanted in ((unknown_paths.get_invocations, 405), (unknown_paths.unknown, 404)):
        expect(exchange.status, f"{exchange.request.method} {exchange.request.target}: {exchange.summary}",
               proof=exchange).to_be(wanted, reason=Reason.UNKNOWN_PATH_SERVED)  # fmt: skip


@clause("metrics.scrape-is-harmless")
def test_scrape_is_harmless(metrics_scrape: MetricsSeen, limit: Limits) -> None:
    """A scrape is answered, soon, and costs no caller anything."""
    for scrape in (*metrics_scrape.idle, *metrics_scrape.busy):
        _expect_harmless(scrape, limit)
    if metrics_scrape.failed_during and not metrics_scrape.failed_before:
        broken(
            Reason.METRICS_DISTURBS,
            expected="valid calls answered 2xx while /metrics is scraped",
            observed=f"{metrics_scrape.failed_during} failed, none before",
            proof=(metrics_scrape.failure,) if metrics_scrape.failure else (),
        )
    status = metrics_scrape.idle[0].status
    observed(f"GET /metrics brings {status}")


def _expect_harmless(scrape: Exchange, limit: Limits) -> None:
    late = scrape.trouble is Trouble.TIMEOUT or scrape.done > limit.answer_s
    expect(not late, proof=scrape).to_be_true(
        reason=Reason.METRICS_SLOW, expected=f"an answer within {limit.answer_s:g} s"
    )
    expect(scrape.status, proof=scrape).to_hold(
        lambda status: status is not None and status < 500,
        reason=Reason.METRICS_ERROR,
        expected="any status below 500",
    )
