"""Why a clause about sessions does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the areas `sessions` and `engine-sessions`."""

    # Turned off.
    SESSIONS_ON_BY_ANY_VALUE = "sessions-on-by-any-value"
    SESSIONS_NEVER_ON = "sessions-never-on"
    OFF_FORWARDS_REQUEST = "off-forwards-request"
    OFF_IGNORES_HEADER = "off-ignores-header"
    OFF_REFUSES_INFERENCE = "off-refuses-inference"
    OFF_MAKES_FOLDER = "off-makes-folder"

    # Creating.
    SESSION_NOT_CREATED = "session-not-created"
    CREATE_BODY = "create-body"
    CREATE_HEADER = "create-header"
    CREATE_EXPIRES_FORM = "create-expires-form"
    CREATE_EXPIRES_TIME = "create-expires-time"
    IDS_REPEAT = "ids-repeat"
    CREATE_HINDERED_BY_HEADER = "create-hindered-by-header"

    # Using.
    VALID_SESSION_REFUSED = "valid-session-refused"
    SESSION_HEADER_LEAKS = "session-header-leaks"
    UNKNOWN_SESSION_SERVED = "unknown-session-served"
    UNKNOWN_SESSION_STATUS = "unknown-session-status"
    SESSIONLESS_REFUSED = "sessionless-refused"

    # Closing.
    SESSION_NOT_CLOSED = "session-not-closed"
    CLOSE_HEADER = "close-header"
    CLOSED_SESSION_SERVED = "closed-session-served"
    CLOSED_TWICE = "closed-twice"
    CLOSE_WITHOUT_ID = "close-without-id"
    CLOSE_OF_UNKNOWN = "close-of-unknown"
    MALFORMED_ACCEPTED = "malformed-accepted"
    MALFORMED_STATUS = "malformed-status"

    # Time.
    SESSION_SLIDES = "session-slides"
    EXPIRED_SERVED = "expired-served"
    EXPIRED_KEPT = "expired-kept"
    BAD_TTL_TAKEN = "bad-ttl-taken"

    # Storage.
    NOT_STORED = "not-stored"
    STORED_AFTER_CLOSE = "stored-after-close"
    DEFAULT_FOLDER = "default-folder"
    BAD_FOLDER_STOPS = "bad-folder-stops"
    NOT_SHARED = "not-shared"

    # Layers.
    ID_NOT_INJECTED = "id-not-injected"
    ID_INJECTED_UNASKED = "id-injected-unasked"
    PARENTS_INVENTED = "parents-invented"
    LAYER_UNASKED = "layer-unasked"
    ADAPTER_BEFORE_SESSION = "adapter-before-session"

    # Managed by the engine.
    ENGINE_CREATE_UNUSED = "engine-create-unused"
    ENGINE_BODY_LEAKS = "engine-body-leaks"
    ENGINE_EXPIRES = "engine-expires"
    ENGINE_ID_PATH = "engine-id-path"
    ENGINE_ID_MISSING = "engine-id-missing"
    ENGINE_ERROR_CHANGED = "engine-error-changed"
    ENGINE_IDS_CHECKED = "engine-ids-checked"
    ENGINE_CLOSE = "engine-close"
    CLIENT_FIELDS_TAKEN = "client-fields-taken"
    DEFAULTS_UNUSED = "defaults-unused"
    DEFAULTS_UNCHECKED = "defaults-unchecked"
    BAD_DEFAULTS_TAKEN = "bad-defaults-taken"
