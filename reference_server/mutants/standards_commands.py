"""Faults of the supervisor's command line."""

from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, change, change_method
from seatrial.reference_server.variants import mutant

COMMAND, LOOP = "supervisor.command", "supervisor.loop"


@mutant(
    kills="supervisor.needs-command", reason="NO_COMMAND_CODE", layer="standards", also=("supervisor.missing-command",)
)
def ends_well_where_nothing_was_run(package: ModuleType) -> ModuleType:
    """End with code 0 where there was nothing to run."""
    return change(package, COMMAND, "FAILED", lambda _: 0)


@mutant(kills="supervisor.needs-command", reason="USAGE_UNTOLD", layer="standards")
def keeps_its_usage_to_itself(package: ModuleType) -> ModuleType:
    """End without a word where there is no command."""
    return change(package, COMMAND, "USAGE", lambda _: "")


@mutant(kills="supervisor.missing-command", reason="MISSING_COMMAND_CODE", layer="standards")
def ends_as_a_shell_does(package: ModuleType) -> ModuleType:
    """End with code 127 where the command does not exist."""

    def make(real: Real) -> Real:
        def in_place(command: Any, mask: Any) -> int:
            real(command, mask)
            return 127

        return in_place

    return change(package, COMMAND, "in_place", make)


@mutant(kills="supervisor.arguments", reason="ARGUMENTS_CHANGED", layer="standards")
def divides_its_command_at_blanks(package: ModuleType) -> ModuleType:
    """Join the command by blanks, and divide it there again."""

    def make(real: Real) -> Real:
        def init(supervisor: Any, command: Any, settings: Any) -> None:
            real(supervisor, " ".join(command).split(" "), settings)

        return init

    return change_method(package, LOOP, "Supervisor", "__init__", make)
