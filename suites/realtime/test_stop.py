"""Judges what follows SIGTERM, on recorded timelines."""

from seatrial.conformance.api import Limits, Untested, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.stop import StopBusySeen, StopSeen, StopStartingSeen

KILLED = 137
GOOD_CODES = frozenset({0, 143})


@clause("stop.within-30-seconds")
def test_within_30_seconds(stop_idle: StopSeen, limit: Limits) -> None:
    """After 30 s the platform kills, and what was in flight is lost."""
    _ends_by_itself(stop_idle, limit.exit_s)
    observed(f"exit code {stop_idle.state.exit_code} after {stop_idle.exited_after or 0:.2f} s")


@clause("stop.prompt-when-idle")
def test_prompt_when_idle(stop_idle: StopSeen, limit: Limits) -> None:
    """With nothing to finish there is nothing to wait for."""
    after = stop_idle.exited_after
    expect(after, f"exit {after or 0:.1f} s after SIGTERM").to_be_at_most(limit.exit_s, reason=Reason.STOP_SLOW)
    _good_code(stop_idle)


@clause("stop.finishes-calls")
def test_finishes_calls(stop_busy: StopBusySeen, limit: Limits) -> None:
    """Scaling in must not cost a caller his answer."""
    if not stop_busy.calls:
        untested(
            Untested.MISSING_INPUT, "no call was in flight when SIGTERM was sent: all were answered too quickly",
            "--trial-slow-sample FILE",
        )  # fmt: skip
    for call in stop_busy.calls:
        ended = call.started + call.done - stop_busy.signal_at
        expect(call.ok, f"{call.summary}, {ended:.2f} s after SIGTERM", proof=call).to_be_true(
            reason=Reason.CALL_DROPPED, expected="the full 2xx answer"
        )
    _answered_by_the_server(stop_busy, limit.read_late_s)
    _ends_by_itself(stop_busy.seen, limit.exit_s)
    observed(f"{len(stop_busy.calls)} in flight answered, exit after {stop_busy.seen.exited_after or 0:.2f} s")


@clause("stop.while-starting")
def test_while_starting(stop_starting: StopStartingSeen, limit: Limits) -> None:
    """An endpoint may be deleted while its container still loads."""
    if not stop_starting.running:
        untested(Untested.PREREQUISITE, "it had exited by itself before SIGTERM was sent")
    _ends_by_itself(stop_starting.seen, limit.exit_s)
    when = "ready already" if stop_starting.was_ready else "still starting"
    observed(
        f"{when}; exit code {stop_starting.seen.state.exit_code} after {stop_starting.seen.exited_after or 0:.2f} s"
    )


@clause("stop.drain-is-visible")
def test_drain_is_visible(stop_idle: StopSeen) -> None:
    """Nothing asks for it; it lets the platform stop sending."""
    after = [run for run in stop_idle.pings if run.status == 200]
    expect(after, f"/ping answered 200 until {after[-1].last if after else 0:.2f} s after SIGTERM").to_be_empty(
        reason=Reason.DRAIN_HIDDEN, expected="503, or no connection"
    )


@clause("stop.no-orphans")
def test_no_orphans(stop_idle: StopSeen) -> None:
    """What is left holds memory, ports and GPUs."""
    if stop_idle.left is None:
        untested(Untested.PREREQUISITE, "the first process did not exit")
    names = ", ".join(" ".join(process.argv)[:80] for process in stop_idle.left[:5])
    expect(stop_idle.left, names).to_be_empty(reason=Reason.ORPHANS_LEFT, expected="no process left")


@clause("stop.twice")
def test_twice(stop_twice: StopSeen, limit: Limits) -> None:
    """A second signal must not turn an orderly end into a crash."""
    _ends_by_itself(stop_twice, limit.exit_s)
    _good_code(stop_twice)
    if len(stop_twice.signals) == 1:
        observed("it was gone before the second SIGTERM")


def _answered_by_the_server(busy: StopBusySeen, grace: float) -> None:
    """A container ends with its first process, and so do the calls that others of its processes still work on.

    Only where such processes were left: an answer may also be read a moment after the server that gave it has gone.
    """
    after = busy.seen.exited_after
    if after is None or not busy.seen.survivors:
        return
    for call in busy.calls:
        ended = call.started + call.done - busy.signal_at
        expect(
            ended,
            f"{call.summary}, {ended:.2f} s after SIGTERM; the first process had exited after {after:.2f} s",
            proof=call,
        ).to_be_at_most(
            after + grace, reason=Reason.CALL_OUTLIVES_SERVER, expected="the answer before the first process exits"
        )


def _ends_by_itself(seen: StopSeen, within: float) -> None:
    after = seen.exited_after
    expect(
        after, f"still running {within:g} s after SIGTERM" if after is None else f"exit after {after:.1f} s"
    ).to_be_at_most(within, reason=Reason.STOP_TIMEOUT, expected=f"an exit within {within:g} s of SIGTERM")
    expect(seen.state.exit_code, f"exit code {KILLED}, {after or 0:.1f} s after SIGTERM").to_hold(
        lambda code: code != KILLED, reason=Reason.STOP_KILLED, expected="an exit of its own, not by SIGKILL"
    )


def _good_code(seen: StopSeen) -> None:
    last = f"; last line: {seen.log[-1][:160]}" if seen.log else ""
    expect(seen.state.exit_code, f"exit code {seen.state.exit_code}{last}").to_be_in(
        GOOD_CODES, reason=Reason.STOP_EXIT_CODE, expected="exit code 0, or 143"
    )
