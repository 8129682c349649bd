"""Faults of the standards' own log: how much it says, by whose leave, and in which form."""

import logging
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import change, part
from seatrial.reference_server.variants import mutant

MODULE = "logging_config"

Function = Callable[..., Any]


def _level(package: ModuleType, make: Callable[[Function], Function]) -> ModuleType:
    """Change how the level is found, and find it once more: the logger is older than any fault."""
    change(package, MODULE, "level_from_environment", make)
    part(package, MODULE).get_logger()
    return package


@mutant(kills="logging.default-level", reason="LOG_NOISE", layer="standards")
def tells_everybody_what_it_does(package: ModuleType) -> ModuleType:
    """Log at INFO unless told otherwise."""
    variables = part(package, MODULE).VARIABLES

    def make(real: Function) -> Function:
        return lambda: real() if any(name in os.environ for name in variables) else logging.INFO

    return _level(package, make)


@mutant(kills="logging.level-variables", reason="LEVEL_PRECEDENCE", layer="standards")
def asks_the_general_level_first(package: ModuleType) -> ModuleType:
    """Let LOG_LEVEL decide where both variables are set."""
    change(package, MODULE, "VARIABLES", lambda real: tuple(reversed(real)))
    part(package, MODULE).get_logger()
    return package


@mutant(kills="logging.level-variables", reason="LOG_SILENT", layer="standards")
def never_says_a_word(package: ModuleType) -> ModuleType:
    """Log errors alone, whatever the variables say."""
    return _level(package, lambda _: lambda: logging.ERROR)


@mutant(kills="logging.format", reason="LOG_FORMAT", layer="standards")
def logs_in_a_format_of_its_own(package: ModuleType) -> ModuleType:
    """Write lines as Python's logging does by itself."""
    for handler in part(package, MODULE).get_logger().handlers:
        handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    return package


@mutant(kills="logging.format", reason="LOG_STREAM", layer="standards")
def logs_to_stderr(package: ModuleType) -> ModuleType:
    """Write lines where Python's logging does by itself."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(part(package, MODULE).FORMAT))
    part(package, MODULE).get_logger().handlers[:] = [handler]
    return package


@mutant(kills="logging.level-values", reason="LEVEL_STOPS_START", layer="standards")
def dies_of_an_unknown_level(package: ModuleType) -> ModuleType:
    """Raise where a level has a name that Python does not know."""

    def make(real: Function) -> Function:
        def parse(level: str) -> object:
            if not level.strip().isdecimal() and level.strip().upper() not in logging.getLevelNamesMapping():
                raise ValueError(f"Unknown level: {level!r}")
            return real(level)

        return parse

    change(package, MODULE, "parse_level", make)
    if any(name in os.environ for name in part(package, MODULE).VARIABLES):
        part(package, MODULE).get_logger()
    return package


@mutant(kills="logging.level-values", reason="LEVEL_NUMBER_IGNORED", layer="standards")
def knows_levels_by_name_alone(package: ModuleType) -> ModuleType:
    """Take a number for no level at all."""

    def make(real: Function) -> Function:
        return lambda level: logging.ERROR if level.strip().isdecimal() else real(level)

    change(package, MODULE, "parse_level", make)
    part(package, MODULE).get_logger()
    return package


@mutant(kills="logging.level-values", reason="LEVEL_INVALID_NOISE", layer="standards")
def says_everything_when_in_doubt(package: ModuleType) -> ModuleType:
    """Log at DEBUG where a level is unknown."""

    def make(real: Function) -> Function:
        def parse(level: str) -> object:
            word = level.strip().upper()
            known = word.isdecimal() or word in logging.getLevelNamesMapping()
            return real(level) if known or not any(name in os.environ for name in variables) else logging.DEBUG

        return parse

    variables = part(package, MODULE).VARIABLES
    change(package, MODULE, "parse_level", make)
    part(package, MODULE).get_logger()
    return package


@mutant(kills="logging.tells-what-is-mounted", reason="HANDLERS_UNTOLD", layer="standards")
def keeps_its_handlers_to_itself(package: ModuleType) -> ModuleType:
    """Say nothing of handlers at any level."""
    words = ("ping", "invo")

    def untold(record: logging.LogRecord) -> bool:
        return not any(word in record.getMessage().lower() for word in words)

    part(package, MODULE).get_logger().addFilter(untold)
    return package
