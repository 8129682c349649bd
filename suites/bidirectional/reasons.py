"""The named reasons for which a clause of this profile may break; the values are permanent, like the ids of clauses."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    # The handshake.
    STREAM_ROUTE_MISSING = "stream-route-missing"
    ACCEPT_KEY_WRONG = "accept-key-wrong"
    STREAM_LABEL_MISSING = "stream-label-missing"
    HANDSHAKE_BLOCKS_ACCEPT = "handshake-blocks-accept"
    EXTENSION_UNOFFERED = "extension-unoffered"
    PATH_DEAD_END = "path-dead-end"
    PATH_ERROR = "path-error"
    QUERY_REFUSED = "query-refused"

    # Messages.
    TEXT_UNHANDLED = "text-unhandled"
    BINARY_UNHANDLED = "binary-unhandled"
    FRAGMENTS_APART = "fragments-apart"
    CONTROL_CORRUPTS = "control-corrupts"
    FRAGMENTED_OUT = "fragmented-out"
    FRAME_FORBIDDEN = "frame-forbidden"
    TEXT_NOT_UTF8 = "text-not-utf8"
    BIG_FRAME_DROPPED = "big-frame-dropped"

    # Pings.
    NO_PONG = "no-pong"
    PONG_PAYLOAD = "pong-payload"
    NO_PONG_WHILE_BUSY = "no-pong-while-busy"
    PING_COUNTED_AS_SESSION = "ping-counted-as-session"

    # The end.
    CLOSE_UNANSWERED = "close-unanswered"
    CLOSE_LINGERS = "close-lingers"
    HALF_CLOSED_LINGERS = "half-closed-lingers"
    ERROR_WITHOUT_CLOSE = "error-without-close"
    ERROR_LOOKS_NORMAL = "error-looks-normal"
    ERROR_WITHOUT_REASON = "error-without-reason"
    ERROR_NOT_IN_BAND = "error-not-in-band"
    IDLE_CLOSED = "idle-closed"
    IDLE_CLOSED_LATER = "idle-closed-later"
    RECONNECT_REFUSED = "reconnect-refused"
    STOP_UNTOLD = "stop-untold"
    STOP_TIMEOUT = "bidi-stop-timeout"

    # Many sessions.
    SESSIONS_MIXED = "sessions-mixed"
    SESSION_UNANSWERED = "session-unanswered"
    REFUSAL_UNCLEAR = "refusal-unclear"
    LOSSES_LEAK = "losses-leak"
    LOSSES_BREAK = "losses-break"
