"""Judges what exploring sessions and adapters found."""

from seatrial.conformance.api import ExploredPrograms, Untested, clause, judge_programs, observed, untested
from seatrial.suites.standards.state_routes import Route


@clause("sessions.lifecycle")
def test_session_lifecycle(
    standards_own_session_programs: ExploredPrograms | None = None,
    standards_session_programs: ExploredPrograms | None = None,
) -> None:
    """Several clients of one session may do anything at once, and none may see what no order of it explains."""
    routes = {Route.OWN: standards_own_session_programs, Route.MOUNTED: standards_session_programs}
    found = {route: explored for route, explored in routes.items() if explored is not None and explored.tried}
    if not found:
        untested(Untested.PREREQUISITE, "no route of this server shows sessions")
    for explored in found.values():
        judge_programs(explored)
    observed(", ".join(f"{explored.tried} programs on {route}" for route, explored in found.items()))


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
