"""The named reasons for which a clause of this profile may break."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    # The route.
    CHAT_ROUTE_MISSING = "chat-route-missing"
    CHAT_UNAUTHORIZED = "chat-unauthorized"
    CHAT_REFUSED = "chat-refused"
    CHAT_FAILS = "chat-fails"
    CHAT_NOT_JSON = "chat-not-json"
    EMPTY_MODEL_REFUSED = "empty-model-refused"
    BEARER_MATTERS = "bearer-matters"

    # Answers in one piece.
    CHAT_SCHEMA = "chat-schema"
    CHAT_CONTENT_TYPE = "chat-content-type"
    USAGE_MISSING = "usage-missing"
    USAGE_SUM = "usage-sum"

    # Streams.
    STREAM_REFUSED = "stream-refused"
    STREAM_CONTENT_TYPE = "stream-content-type"
    STREAM_NO_EVENTS = "stream-no-events"
    STREAM_EVENT_NOT_JSON = "stream-event-not-json"
    STREAM_NOT_DONE = "stream-not-done"
    STREAM_CUT = "stream-cut"
    CHUNK_SCHEMA = "chunk-schema"
    CHUNKS_DIFFER = "chunks-differ"
    STREAM_ROLE = "stream-role"
    STREAM_TEXT_DIFFERS = "stream-text-differs"
    STREAM_FINISH_MISSING = "stream-finish-missing"
    STREAM_FINISH_DIFFERS = "stream-finish-differs"
    STREAM_USAGE_MISSING = "stream-usage-missing"
    STREAM_USAGE_DIFFERS = "stream-usage-differs"

    # Parameters.
    LIMIT_IGNORED = "limit-ignored"
    LIMIT_UNTOLD = "limit-untold"
    CHOICES_MISSING = "choices-missing"
    STOP_IGNORED = "stop-ignored"
    STOP_UNTOLD = "stop-untold"
    LOGPROBS_MISSING = "logprobs-missing"
    LOGPROBS_SHAPE = "logprobs-shape"
    PARAMETER_FAILS = "parameter-fails"
    UNKNOWN_FIELD_FAILS = "unknown-field-fails"

    # Errors.
    ERROR_AS_SUCCESS = "error-as-success"
    ERROR_AS_FAILURE = "error-as-failure"
    ERROR_STATUS = "error-status"
    ERROR_NOT_JSON = "error-not-json"
    ERROR_SHAPE = "error-shape"
    WRONG_METHOD_STATUS = "wrong-method-status"
    LONG_PROMPT_FAILS = "long-prompt-fails"

    # The routes beside it.
    PING_GONE = "ping-gone"
    INVOCATIONS_GONE = "invocations-gone"
    MODELS_SHAPE = "models-shape"
    LISTED_MODEL_REFUSED = "listed-model-refused"
    COMPLETIONS_FAIL = "completions-fail"
    COMPLETIONS_SCHEMA = "completions-schema"
    COMPLETIONS_STREAM = "completions-stream"

    # OpenAI's own client.
    CLIENT_FAILS = "client-fails"
    CLIENT_READS_OTHERWISE = "client-reads-otherwise"
    CLIENT_RAISES_OTHERWISE = "client-raises-otherwise"
    CLIENT_UNTOLD = "client-untold"
