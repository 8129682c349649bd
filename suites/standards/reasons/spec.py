"""Why a name of a handler, a script or the model directory does not lead where it must."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    SPEC_START_FAILED = "spec-start-failed"
    RELATIVE_PATH_LOST = "relative-path-lost"
    ABSOLUTE_PATH_LOST = "absolute-path-lost"
    MODULE_NOT_IMPORTED = "module-not-imported"
    ALIAS_LOST = "alias-lost"
    SUBFOLDER_LOST = "subfolder-lost"
    METHOD_LOST = "method-lost"
    SIBLING_IGNORED = "sibling-ignored"
    BLANKS_KEPT = "blanks-kept"
    EMPTY_NOT_UNSET = "empty-not-unset"
    SCRIPT_NAME_IGNORED = "script-name-ignored"
    DEFAULT_SCRIPT_LOADED_TOO = "default-script-loaded-too"
    MISSING_SCRIPT_FATAL = "missing-script-fatal"
    MODEL_PATH_IGNORED = "model-path-ignored"
    EXECUTED_TWICE = "executed-twice"
    LOADED_LATE = "loaded-late"
