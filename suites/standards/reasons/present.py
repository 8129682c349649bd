"""Why the profile is not there."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    STANDARDS_ABSENT = "standards-absent"
