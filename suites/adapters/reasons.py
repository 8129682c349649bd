"""Why a clause of this profile does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the area `lora`."""

    NO_ADAPTER_ROUTE = "no-adapter-route"

    # Loading and unloading.
    QUERY_LOAD_REFUSED = "query-load-refused"
    JSON_LOAD_REFUSED = "json-load-refused"
    LOADED_WITHOUT_EFFECT = "loaded-without-effect"
    INCOMPLETE_LOAD_STATUS = "incomplete-load-status"
    MISSING_SOURCE_STATUS = "missing-source-status"
    MISSING_SOURCE_TAKEN = "missing-source-taken"
    DAMAGED_ADAPTER_STATUS = "damaged-adapter-status"
    DAMAGED_ADAPTER_TAKEN = "damaged-adapter-taken"
    DUPLICATE_STATUS = "duplicate-status"
    DUPLICATE_MISREPORTED = "duplicate-misreported"
    UNLOAD_REFUSED = "unload-refused"
    STILL_LOADED = "still-loaded"
    UNKNOWN_UNLOAD_STATUS = "unknown-unload-status"
    IN_FLIGHT_CHANGED = "in-flight-changed"
    IN_FLIGHT_LOST = "in-flight-lost"
    UNLOAD_HARMS_SERVER = "unload-harms-server"

    # Choosing.
    ADAPTER_REFUSED = "adapter-refused"
    SERVED_BY_BASE = "served-by-base"
    ADAPTERS_CONFUSED = "adapters-confused"
    UNKNOWN_SERVED = "unknown-served"
    UNKNOWN_UNNAMED = "unknown-unnamed"
    UNKNOWN_STATUS = "unknown-status"
    BODY_WINS = "body-wins"
    MODEL_IGNORED = "model-ignored"
    MODEL_STATUS = "model-status"
    BASE_CHANGED = "base-changed"

    # Many at once.
    WRONG_ADAPTER = "wrong-adapter"
    ADAPTERS_BLENDED = "adapters-blended"
    PARALLEL_CALL_FAILED = "parallel-call-failed"
    ADAPTER_LIFE = "lora-adapter-life"
