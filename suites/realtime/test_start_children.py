"""Judges what a container makes of the death of its server, and whether /ping tells of it."""

from seatrial.conformance.api import Limits, NotApplicable, TrialFacts, Untested, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.start_children import ChildKilledSeen

BETWEEN_PINGS = 5.0
"""Seconds between two pings of the platform (contract section 0.1)."""


@clause("start.dead-server-ends-container")
def test_dead_server_ends_container(child_killed: ChildKilledSeen, limit: Limits) -> None:
    """A container that outlives its server keeps the endpoint broken; one that ends is replaced."""
    _need_children(child_killed)
    names = ", ".join(" ".join(process.argv)[:60] for process in child_killed.killed[:3])
    if child_killed.works_after is not None:
        observed(
            f"served again {child_killed.works_after:.1f} s after {len(child_killed.killed)} processes were killed"
        )
    last = child_killed.looks[-1].ping.summary if child_killed.looks else "no ping"
    what = f"killed {names}; PID 1 runs on, /ping: {last}"
    expect(child_killed.exited_after, what).to_be_at_most(
        limit.restart_s,
        reason=Reason.DEAD_SERVER_LIVES_ON,
        expected=f"an exit or a restart within {limit.restart_s:g} s",
    )
    expect(child_killed.state.exit_code, f"killed {names}; the container exited with code 0").to_hold(
        lambda code: code != 0, reason=Reason.DEAD_SERVER_EXITS_ZERO, expected="an exit code other than 0"
    )


@clause("ping.reports-dead-model")
def test_reports_dead_model(child_killed: ChildKilledSeen, facts: TrialFacts, limit: Limits) -> None:
    """While nothing behind /ping answers, a 200 keeps traffic on a dead server."""
    _need_children(child_killed)
    within = limit.pings * BETWEEN_PINGS * facts.scale
    told = [look for look in child_killed.looks if look.ping.status != 200 or look.ping.trouble is not None]
    if told and told[0].at <= within:
        observed(f"{told[0].ping.summary} {told[0].at:.1f} s after the kill")
    if child_killed.works_after is not None or child_killed.exited_after is not None:
        observed("the server was back, or the container gone, before /ping could tell")
    if not child_killed.calls:
        untested(Untested.MISSING_INPUT, "whether the server is dead only a valid request shows", "--trial-sample FILE")
    last = child_killed.looks[-1]
    call = last.call.summary if last.call else "none"
    expect(last.at, f"/ping 200 for {last.at:.1f} s, valid requests: {call}", proof=last.ping).to_be_at_most(
        0.0, reason=Reason.PING_LIES, expected=f"another status than 200 within {limit.pings:g} pings"
    )


@clause("ping.recovers")
def test_recovers(child_killed: ChildKilledSeen, limit: Limits) -> None:
    """A flag that nothing clears takes a server out of service that works again."""
    _need_children(child_killed)
    if child_killed.exited_after is not None:
        raise NotApplicable("the container ended with its server")
    back = next((look.at for look in child_killed.looks if look.processes >= len(child_killed.before)), None)
    if back is None and child_killed.works_after is None:
        raise NotApplicable("the killed processes were not started again")
    what = f"started again after {back or 0:.1f} s, last ping: {child_killed.looks[-1].ping.summary}"
    expect(child_killed.works_after, what).to_be_at_most(
        limit.recover_s, reason=Reason.PING_STICKS, expected=f"200 again within {limit.recover_s:g} s"
    )


def _need_children(seen: ChildKilledSeen) -> None:
    if not seen.killed:
        raise NotApplicable("the server is one process")
