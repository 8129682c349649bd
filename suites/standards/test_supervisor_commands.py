"""Judges what the supervisor makes of its command line."""

from seatrial.conformance.api import NotApplicable, Untested, clause, expect, observed, untested
from seatrial.suites.standards.reasons.supervisor import Reason
from seatrial.suites.standards.scenarios.supervisor_commands import AWKWARD, PLAIN, CommandsSeen, Ran


@clause("supervisor.needs-command")
def test_needs_command(standards_commands: CommandsSeen) -> None:
    """An entrypoint that lost its command must not look as if it had served."""
    run = _run(standards_commands.nothing)
    expect(run.code, f"without a command: {_ending(run)}", proof=run.call).to_be(1, reason=Reason.NO_COMMAND_CODE)
    expect("usage" in run.written.lower(), f"without a command: {_ending(run)}", proof=run.call).to_be(
        True, reason=Reason.USAGE_UNTOLD, expected="a line that says how it is used"
    )


@clause("supervisor.missing-command")
def test_missing_command(standards_commands: CommandsSeen) -> None:
    """What cannot be started must end the container with an error, or the platform waits for nothing."""
    run = _run(standards_commands.missing)
    expect(run.code, f"a command that does not exist: {_ending(run)}", proof=run.call).to_be(
        1, reason=Reason.MISSING_COMMAND_CODE
    )


@clause("supervisor.arguments")
def test_arguments(standards_commands: CommandsSeen) -> None:
    """Engines take JSON and templates as arguments: what is lost on the way starts another server."""
    run, awkward = _run(standards_commands.plain), _run(standards_commands.awkward)
    expect(run.received, f"got {run.received}, {_ending(run)}", proof=run.call).to_be(
        PLAIN, reason=Reason.ARGUMENTS_CHANGED
    )
    arrived = awkward.received == AWKWARD
    told = "arrive as well" if arrived else f"do not arrive: {awkward.received or _ending(awkward)}"
    observed(f"{' '.join(map(repr, AWKWARD))} {told}")


def _run(run: Ran) -> Ran:
    if not run.call.ok:
        untested(Untested.PREREQUISITE, f"the script could not run the supervisor: {run.call.summary}")
    if not run.available:
        raise NotApplicable("there is no standard-supervisor that a script could run")
    return run


def _ending(run: Ran) -> str:
    last = run.written.strip().splitlines()[-1:]
    return f"exit code {run.code}, last line: {last[0][:160] if last else 'none'}"
