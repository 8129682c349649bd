"""Judges what exploring sessions and adapters found."""

from seatrial.conformance.api import ExploredPrograms, clause, judge_programs, observed


@clause("sessions.lifecycle")
def test_session_lifecycle(
    standards_session_programs: ExploredPrograms, standards_own_session_programs: ExploredPrograms | None = None
) -> None:
    """Several clients of one session may do anything at once, and none may see what no order of it explains."""
    for explored in (standards_own_session_programs, standards_session_programs):
        if explored is not None:
            judge_programs(explored)
    own = standards_own_session_programs.tried if standards_own_session_programs else 0
    observed(
        f"{standards_session_programs.tried} programs on a mounted script's handlers"
        f"{f', {own} on the route of the engine itself' if own else ''}"
    )


@clause("sessions.expiring-lifecycle")
def test_expiring_lifecycle(standards_expiring_programs: ExploredPrograms) -> None:
    """The same where the time of a session may run out between any two steps."""
    judge_programs(standards_expiring_programs)
    observed(f"{standards_expiring_programs.tried} programs of {standards_expiring_programs.steps} steps in all")


@clause("adapters.lifecycle")
def test_adapter_lifecycle(standards_adapter_programs: ExploredPrograms) -> None:
    """Several clients may load and unload at once; each adapter is there or not, and requests see what they name."""
    judge_programs(standards_adapter_programs)
    observed(f"{standards_adapter_programs.tried} programs of {standards_adapter_programs.steps} steps in all")
