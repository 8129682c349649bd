"""The named reasons for which a clause on the layers before and after a handler may break."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    SCRIPT_BREAKS_START = "script-breaks-start"
    LAYER_MISSING = "layer-missing"
    LAYERS_OUT_OF_ORDER = "layers-out-of-order"
    PATH_LEFT_OUT = "path-left-out"
    SHORT_CIRCUIT_LOST = "short-circuit-lost"
    ENV_THROTTLE_LOST = "env-throttle-lost"
    DECORATED_LAYER_LOST = "decorated-layer-lost"
    PARTS_BESIDE_PROCESS = "parts-beside-process"
    PARTS_NOT_COMBINED = "parts-not-combined"
    ONE_PART_LOST = "one-part-lost"
    DECORATED_BESIDE_ENV = "decorated-beside-env"
    FORMATTERS_BESIDE_PROCESS = "formatters-beside-process"
    FORMATTERS_NOT_COMBINED = "formatters-not-combined"
    EDIT_OF_BODY_LOST = "edit-of-body-lost"
    NOTHING_RETURNED_FAILS = "nothing-returned-fails"
    PRE_ERROR_PASSED_OVER = "pre-error-passed-over"
    POST_ANSWER_BROKEN = "post-answer-broken"
    NEW_ANSWER_LOST = "new-answer-lost"
    POST_ERROR_PASSED_OVER = "post-error-passed-over"
    HANDLER_ERROR_STATUS = "handler-error-status"
    OUTER_LAYERS_SKIPPED = "outer-layers-skipped"
    HTTP_EXCEPTION_CHANGED = "http-exception-changed"
    POST_SKIPPED = "post-skipped"
    LAYER_ERROR_STATUS = "layer-error-status"
    LAYER_ERROR_LEAKED = "layer-error-leaked"
    NEXT_CALL_FAILS = "next-call-fails"
    PLAIN_LAYER_SKIPPED = "plain-layer-skipped"
    CLASS_NOT_RUN = "class-not-run"
    REGISTRATION_ACCEPTED = "registration-accepted"
    FOLDER_SCANNED = "folder-scanned"
    NO_FALL_BACK = "no-fall-back"
