"""Why a clause about the start of the customer's code does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the area `bootstrap`."""

    LOAD_ORDER = "load-order"
    LOADED_TWICE = "loaded-twice"
    FILE_NOT_LOADED = "file-not-loaded"
    OVERRIDE_NOT_MOUNTED = "override-not-mounted"
    LATE_HANDLER_MOUNTED = "late-handler-mounted"
    LATE_REGISTRATION_FAILS = "late-registration-fails"
