"""Judges the start: whether the container comes up as `IMAGE serve` and stays up, and what keeps it from that.

The first clauses name causes. They are broken only on proof in the log of a start that failed; else the failure is left
to `start.stays-up` and the clauses after it.
"""

from seatrial.conformance.api import (
    Boot,
    BootEnd,
    Limits,
    NotApplicable,
    State,
    TrialFacts,
    Untested,
    broken,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.realtime.log_words import CMD_MISSED, INIT_ATE_SERVE, NO_TERMINAL, first_match
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.start import CrowdedEnvSeen, HostnameSeen, StaysUpSeen
from seatrial.suites.realtime.scenarios.start_failed import FailedStart, expect_it_had_time

INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit", "docker-init", "init", "s6-svscan", "pid1"})


@clause("start.init-passes-serve")
def test_init_passes_serve(boot: Boot, facts: TrialFacts) -> None:
    """`ENTRYPOINT ["tini", "-g"]` runs a program called `serve`; `tini -- python server.py` runs the server."""
    entrypoint = facts.subject.image.entrypoint if facts.subject.image else ()
    if not entrypoint or entrypoint[0].rsplit("/", 1)[-1] not in INITS:
        raise NotApplicable("no init stands in front of the server")
    line = first_match(INIT_ATE_SERVE, failed_log(boot))
    expect(not line, f"ENTRYPOINT is {list(entrypoint)}; log: {line}").to_be_true(
        reason=Reason.INIT_ATE_SERVE, expected="the init runs the server and hands `serve` on to it"
    )


@clause("start.cmd-not-needed")
def test_cmd_not_needed(boot: Boot, facts: TrialFacts) -> None:
    """The platform replaces CMD by the word `serve`: what only CMD said is gone."""
    command = facts.subject.image.command if facts.subject.image else ()
    if not command:
        raise NotApplicable("the image has no CMD")
    line = first_match(CMD_MISSED, failed_log(boot))
    expect(not line, f"CMD {list(command)} was replaced by `serve`; log: {line}").to_be_true(
        reason=Reason.CMD_NEEDED, expected="the server starts without its CMD"
    )


@clause("start.needs-no-terminal")
def test_needs_no_terminal(boot: Boot) -> None:
    """There is neither a terminal nor anything on the standard input."""
    line = first_match(NO_TERMINAL, failed_log(boot))
    expect(not line, f"log: {line}").to_be_true(
        reason=Reason.TERMINAL_NEEDED, expected="a start without terminal and input"
    )


@clause("start.stays-up")
def test_stays_up(boot: Boot) -> None:
    """The container is its first process: when that ends, the endpoint fails."""
    expect(boot.end, _exit(boot.state)).to_hold(
        lambda end: end is not BootEnd.EXITED, reason=Reason.EXITED_AT_START, expected="a process that keeps running"
    )


@clause("start.keeps-running")
def test_keeps_running(stays_up: StaysUpSeen, limit: Limits) -> None:
    """A server that dies right after its first 200 is replaced, over and over."""
    expect(stays_up.state.running, _exit(stays_up.state)).to_be_true(
        reason=Reason.EXITED_AFTER_READY, expected=f"a process that runs {limit.stays_s:g} s after the first 200"
    )
    if stays_up.watched < limit.stays_s:
        untested(Untested.PREREQUISITE, f"it was watched for {stays_up.watched:.1f} s only")
    expect(stays_up.state.restarts, f"{stays_up.state.restarts} restarts").to_be(0, reason=Reason.EXITED_AFTER_READY)


@clause("start.any-environment")
def test_any_environment(crowded_env: CrowdedEnvSeen) -> None:
    """Users put what they like into an endpoint's environment."""
    started = crowded_env.started
    what = f"with {crowded_env.variables} variables, {crowded_env.size} bytes in all: {started.summary}"
    expect(started.ready, what).to_be_true(reason=Reason.ENVIRONMENT_BREAKS_START, expected="200 from /ping")


@clause("start.any-hostname")
def test_any_hostname(hostname: HostnameSeen) -> None:
    """The platform chooses the host name, and no name server knows it."""
    what = f"with the host name {hostname.hostname}: {hostname.started.summary}"
    expect(hostname.started.ready, what).to_be_true(reason=Reason.HOSTNAME_BREAKS_START, expected="200 from /ping")


@clause("start.bad-model-fails-loudly")
def test_bad_model_fails_loudly(
    bad_model: FailedStart, facts: TrialFacts, limit: Limits, boot: Boot | None = None
) -> None:
    """An endpoint on a broken model must not go into service."""
    if bad_model.good_ping is not None:
        broken(
            Reason.BAD_MODEL_READY,
            expected="a broken model never gives a 200 from /ping",
            observed=f"200 after {bad_model.watched:.1f} s",
            proof=bad_model.good_ping,
        )
    expect_it_had_time(bad_model, boot, facts)
    what = f"no reason among {bad_model.lines} lines of log in {bad_model.watched:.1f} s"
    expect(bad_model.reason_at, what).to_be_at_most(
        limit.reason_s, reason=Reason.BAD_MODEL_SILENT, expected=f"a reason in the log within {limit.reason_s:g} s"
    )
    observed(f"after {bad_model.reason_at or 0:.1f} s: {bad_model.reason}")


def failed_log(boot: Boot) -> tuple[str, ...]:
    """The last lines of the log of a start that failed, and the engine's words; nothing after a good start."""
    if boot.ready or boot.autopsy is None:
        return ()
    return (*boot.autopsy.log_tail, boot.state.error)


def _exit(state: State) -> str:
    if state.running:
        return "still running"
    after = f" after {state.exited_at:.1f} s" if state.exited_at is not None else ""
    memory = ", killed for memory" if state.oom_killed else ""
    why = state.error or state.stopped_for
    return f"exited with code {state.exit_code}{after}{memory}{f': {why}' if why else ''}"
