"""Why a clause about the supervisor, or about what it installs, does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the areas `supervisor` and `requirements`."""

    NOT_RESTARTED = "not-restarted"
    EXIT_IS_FINAL = "exit-is-final"
    RETRIES_USED_UP = "retries-used-up"
    SERVES_WHAT_FAILED = "serves-what-failed"
    GIVES_UP_CLEANLY = "gives-up-cleanly"
    RETRIES_NOT_COUNTED = "retries-not-counted"
    STILL_SUPERVISED = "still-supervised"
    EXIT_CODE_LOST = "exit-code-lost"
    BAD_RETRIES_TAKEN = "bad-retries-taken"
    LEVEL_REFUSED = "level-refused"
    TERM_LOSES_CALL = "term-loses-call"
    TERM_IGNORED = "term-ignored"
    TERM_EXIT_CODE = "term-exit-code"
    DRAIN_CUT_SHORT = "drain-cut-short"
    OUTPUT_LOST = "output-lost"
    ENVIRONMENT_LOST = "environment-lost"
    NO_COMMAND_CODE = "no-command-code"
    USAGE_UNTOLD = "usage-untold"
    MISSING_COMMAND_CODE = "missing-command-code"
    ARGUMENTS_CHANGED = "arguments-changed"

    NOT_INSTALLED = "not-installed"
    FOLDER_NOT_SEARCHED = "folder-not-searched"
    STARTS_WITHOUT = "starts-without"
    INSTALL_CODE = "install-code"
    SWITCH_IGNORED = "switch-ignored"
    ARGUMENTS_ADDED = "arguments-added"
    BAD_ARGUMENTS_TAKEN = "bad-arguments-taken"
    FOLDER_STOPS_START = "folder-stops-start"
