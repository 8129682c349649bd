"""Why a handler that a customer brought does not answer as it must."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    HANDLERS_START_FAILED = "handlers-start-failed"
    OVERRIDE_NOT_MOUNTED = "override-not-mounted"
    ANSWER_CHANGED = "answer-changed"
    STATUS_REWRITTEN = "status-rewritten"
    METHOD_ALLOWED = "method-allowed"
    DEFAULT_MISSING = "default-missing"
    BODY_CHANGED = "body-changed"
    ENGINE_CHECKS_FIRST = "engine-checks-first"
    MALFORMED_JSON_STATUS = "malformed-json-status"
    CONTENT_TYPE_REQUIRED = "content-type-required"
    ORDER_SWAPPED = "order-swapped"
    VARIABLE_IGNORED = "variable-ignored"
    DECORATOR_IGNORED = "decorator-ignored"
    NAME_IGNORED = "name-ignored"
    ROUTES_COUPLED = "routes-coupled"
    NAME_GUESSED = "name-guessed"
    FIRST_DEFINITION_WINS = "first-definition-wins"
    BARE_DECORATOR_ONLY = "bare-decorator-only"
    REGISTRATION_OVERRIDES = "registration-overrides"
