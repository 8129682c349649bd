"""The named reasons for which a clause on starts that must fail may break."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    HANDLER_TARGET_IGNORED = "handler-target-ignored"
    IMPORT_ERROR_SWALLOWED = "import-error-swallowed"
    NAMED_FUNCTION_IGNORED = "named-function-ignored"
    HALF_STARTED = "half-started"
    MIDDLEWARE_TYPO_SILENT = "middleware-typo-silent"
    CLASS_WITHOUT_APP_STARTED = "class-without-app-started"
    FAILURE_UNEXPLAINED = "failure-unexplained"
