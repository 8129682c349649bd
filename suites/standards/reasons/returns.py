"""The named reasons for which a clause on handlers and what they return may break."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    SCRIPT_BREAKS_START = "script-breaks-start"
    NOT_JSON = "not-json"
    VALUE_CHANGED = "value-changed"
    RESPONSE_CHANGED = "response-changed"
    HTTP_EXCEPTION_LOST = "http-exception-lost"
    BARE_PARAMETER_FAILS = "bare-parameter-fails"
    NO_ARGUMENT_FAILS = "no-argument-fails"
    EXCEPTION_STATUS = "exception-status"
    EXCEPTION_LEAKED = "exception-leaked"
    EXCEPTION_KILLS = "exception-kills"
    STREAM_BUFFERED = "stream-buffered"
    STREAM_BROKEN = "stream-broken"
    PLAIN_FUNCTION_FAILS = "plain-function-fails"
    PLAIN_FUNCTION_BLOCKS = "plain-function-blocks"
    TYPED_BODY_FAILS = "typed-body-fails"
    TYPED_BODY_UNCHECKED = "typed-body-unchecked"
    UNPARSABLE_STATUS = "unparsable-status"
    UNSERIALISABLE_SERVED = "unserialisable-served"
