"""Why a clause about the package's log does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the area `logging`."""

    LOG_NOISE = "log-noise"
    LOG_SILENT = "log-silent"
    LEVEL_PRECEDENCE = "level-precedence"
    LOG_FORMAT = "log-format"
    LOG_STREAM = "log-stream"
    LEVEL_STOPS_START = "level-stops-start"
    LEVEL_NUMBER_IGNORED = "level-number-ignored"
    LEVEL_INVALID_NOISE = "level-invalid-noise"
    HANDLERS_UNTOLD = "handlers-untold"
