"""Judges what the supervisor makes of the death of its server, of bad settings, and of SIGTERM."""

from seatrial.conformance.api import Limits, Untested, clause, expect, observed, untested
from seatrial.suites.standards.reasons.supervisor import Reason
from seatrial.suites.standards.scenarios.supervisor import (
    EXIT_CODE,
    RETRIES,
    Death,
    RecoveryOffSeen,
    RestartsSeen,
    StartsSeen,
    SupervisedSeen,
    TermSeen,
    is_supervisor,
)
from seatrial.suites.standards.supervised import need_supervisor

KILL = "kill"
SLACK = 0.2
"""Seconds by which an exit may be noticed earlier than the end of a call."""


@clause("supervisor.restarts")
def test_restarts(standards_supervised: SupervisedSeen, standards_restarts: RestartsSeen, limit: Limits) -> None:
    """A server that crashed once a day must not run out of lives."""
    need_supervisor(standards_supervised)
    first, *more = (death for death in standards_restarts.deaths if death.how == KILL)
    most = limit.restart_s + 2 * standards_restarts.start
    expect(first.back_after, _after(first)).to_be_at_most(
        most, reason=Reason.NOT_RESTARTED, expected=f"another process that serves within {most:.0f} s"
    )
    for death in more:
        expect(death.back_after, f"the second time, {_after(death)}").to_be_at_most(
            most, reason=Reason.RETRIES_USED_UP, expected="a restart however often, where each start succeeded"
        )
    observed(f"served again {first.back_after or 0.0:.1f} s after it was killed")


@clause("supervisor.restarts-after-exit")
def test_restarts_after_exit(standards_supervised: SupervisedSeen, standards_restarts: RestartsSeen) -> None:
    """A server that ended well is as gone as one that crashed."""
    need_supervisor(standards_supervised)
    for death in standards_restarts.deaths:
        expect(death.back_after is not None, _after(death)).to_be_true(
            reason=Reason.EXIT_IS_FINAL, expected="another process that serves"
        )


@clause("supervisor.gives-up")
def test_gives_up(standards_supervised: SupervisedSeen, standards_gives_up: StartsSeen) -> None:
    """The platform replaces what ends with an error, and gives up on what is never healthy."""
    need_supervisor(standards_supervised)
    seen = standards_gives_up
    expect(seen.ready, "GET /ping: 200 although the server dies at every start").to_be(
        False, reason=Reason.SERVES_WHAT_FAILED, expected="no 200 from /ping"
    )
    expect(seen.state.exit_code, seen.ending).to_hold(
        lambda code: code != 0, reason=Reason.GIVES_UP_CLEANLY, expected="an exit code other than 0, or none"
    )
    observed(f"{seen.starts} starts, then {seen.ending}")


@clause("supervisor.counts-retries")
def test_counts_retries(standards_supervised: SupervisedSeen, standards_gives_up: StartsSeen) -> None:
    """Retries without end keep a broken endpoint in creation for an hour."""
    need_supervisor(standards_supervised)
    seen = standards_gives_up
    expect(seen.starts, f"{seen.starts} starts; {seen.ending}").to_be(
        RETRIES + 1, reason=Reason.RETRIES_NOT_COUNTED, expected=f"{RETRIES + 1} starts"
    )


@clause("supervisor.recovery-off")
def test_recovery_off(standards_supervised: SupervisedSeen, standards_recovery_off: RecoveryOffSeen) -> None:
    """Who watches the container from outside wants to see how its server ended."""
    need_supervisor(standards_supervised)
    left = [" ".join(one.argv)[:80] for one in standards_recovery_off.processes if is_supervisor(one)]
    expect(left, f"PROCESS_AUTO_RECOVERY=false: {', '.join(left)}").to_be_empty(
        reason=Reason.STILL_SUPERVISED, expected="no supervisor among the processes"
    )
    ended = standards_recovery_off.ended
    if ended is None:
        untested(Untested.PREREQUISITE, "the server was not told to exit")
    what = "it still runs" if ended.running else f"exit code {ended.exit_code}"
    expect(ended.exit_code, f"the server exits with {EXIT_CODE}: {what}").to_be(
        EXIT_CODE, reason=Reason.EXIT_CODE_LOST, expected=f"exit code {EXIT_CODE}"
    )


@clause("supervisor.recovery-values")
def test_recovery_values(standards_supervised: SupervisedSeen, standards_recovery_yes: RecoveryOffSeen) -> None:
    """Two parsers of one package disagree on such words."""
    need_supervisor(standards_supervised)
    on = any(is_supervisor(one) for one in standards_recovery_yes.processes)
    observed(f"PROCESS_AUTO_RECOVERY=yes {'supervises the server' if on else 'starts the server directly'}")


@clause("supervisor.log-level")
def test_log_level(
    standards_supervised: SupervisedSeen, standards_level_warn: StartsSeen, standards_level_warning: StartsSeen
) -> None:
    """One variable is read by two programs with different words for one level."""
    need_supervisor(standards_supervised)
    expect(standards_level_warn.starts > 0, f"LOG_LEVEL=Warn: {standards_level_warn.ending}").to_be_true(
        reason=Reason.LEVEL_REFUSED, expected="a server that is started"
    )
    if standards_level_warning.starts:
        observed("LOG_LEVEL=WARNING is taken")
    observed(f"LOG_LEVEL=WARNING is refused: {standards_level_warning.ending}")


@clause("supervisor.retries-range")
def test_retries_range(
    standards_supervised: SupervisedSeen, standards_retries_101: StartsSeen, standards_retries_abc: StartsSeen
) -> None:
    """A setting that is taken for another one is found out when it matters."""
    need_supervisor(standards_supervised)
    for value, seen in (("101", standards_retries_101), ("abc", standards_retries_abc)):
        what = f"PROCESS_MAX_START_RETRIES={value}: {seen.starts} starts; {seen.ending}"
        refused = seen.starts == 0 and not seen.ready and not seen.state.running and seen.state.exit_code != 0
        expect(refused, what).to_be_true(
            reason=Reason.BAD_RETRIES_TAKEN, expected="an exit code other than 0 before the server is started"
        )


@clause("supervisor.passes-sigterm")
def test_passes_sigterm(
    standards_supervised: SupervisedSeen, limit: Limits, standards_term: TermSeen | None = None
) -> None:
    """Every deployment ends with a SIGTERM, and there is always somebody whose request is in flight."""
    need_supervisor(standards_supervised)
    seen = standards_term
    if seen is None:
        untested(Untested.PREREQUISITE, "the server did not come back after it was killed")
    expect(seen.exited_after, f"{_left(seen)} after SIGTERM").to_be_at_most(
        limit.stop_s, reason=Reason.TERM_IGNORED, expected=f"an exit within {limit.stop_s:g} s"
    )
    expect(seen.call.ok, f"a call of {seen.seconds:g} s in flight: {seen.call.summary}", proof=seen.call).to_be_true(
        reason=Reason.TERM_LOSES_CALL, expected="the answer to a call that was in flight"
    )
    expect(seen.state.exit_code, f"exit code {seen.state.exit_code}").to_be(
        0, reason=Reason.TERM_EXIT_CODE, expected="exit code 0"
    )


@clause("supervisor.drains")
def test_drains(standards_supervised: SupervisedSeen, standards_drain: TermSeen) -> None:
    """Long generations are the calls that hurt most when they are lost."""
    need_supervisor(standards_supervised)
    seen = standards_drain
    what = f"a call of {seen.seconds:g} s in flight: {seen.call.summary}; {_left(seen)} after SIGTERM"
    expect(seen.call.ok, what, proof=seen.call).to_be_true(
        reason=Reason.DRAIN_CUT_SHORT, expected="the answer to a call that was in flight"
    )
    # A process outlives its supervisor; in a container it ends with it.
    early = seen.exited_after is not None and seen.exited_after < seen.answered_after - SLACK
    expect(early, f"{what}; the server answered {seen.answered_after:.1f} s after SIGTERM").to_be(
        False, reason=Reason.DRAIN_CUT_SHORT, expected="a supervisor that ends after its server"
    )


@clause("supervisor.passes-output-and-environment")
def test_passes_output_and_environment(standards_supervised: SupervisedSeen, standards_restarts: RestartsSeen) -> None:
    """A supervisor is no reason for a silent log."""
    need_supervisor(standards_supervised)
    expect(standards_restarts.nonce, "a variable of the container is not in the server").to_be_true(
        reason=Reason.ENVIRONMENT_LOST, expected="the container's variables in the server"
    )
    lost = [name for name in ("stdout", "stderr") if not getattr(standards_restarts, name)]
    expect(lost, f"a line printed to {' and to '.join(lost)} is not in the log").to_be_empty(
        reason=Reason.OUTPUT_LOST, expected="both lines in the log"
    )


def _after(death: Death) -> str:
    how = "killed" if death.how == KILL else f"exited with {death.how.partition(':')[2]}"
    if death.back_after is not None:
        return f"{how}, served again after {death.back_after:.1f} s"
    left = "its supervisor runs on" if death.state.running else f"the container exited with {death.state.exit_code}"
    return f"{how}, not back after {death.waited:.1f} s; {left}"


def _left(seen: TermSeen) -> str:
    return "it still ran 31 s" if seen.exited_after is None else f"it ended {seen.exited_after:.1f} s"
