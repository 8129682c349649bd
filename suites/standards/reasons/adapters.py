"""Why a clause about adapters does not hold."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Named reasons of the areas `adapters` and `injection`."""

    # Injection.
    ADAPTER_NOT_INJECTED = "adapter-not-injected"
    ABSENT_HEADER_CHANGES_BODY = "absent-header-changes-body"
    ADAPTER_NOT_APPENDED = "adapter-not-appended"
    APPENDED_TO_NOTHING = "appended-to-nothing"
    PARENT_INVENTED = "parent-invented"
    FIELDS_LOST = "fields-lost"
    HEADERS_JOINED = "headers-joined"
    BAD_ARGUMENTS_TAKEN = "bad-arguments-taken"
    INJECTED_UNASKED = "injected-unasked"

    # Loading and unloading.
    ADAPTER_ROUTE_WITHOUT_HANDLER = "adapter-route-without-handler"
    ADAPTER_NOT_LOADED = "adapter-not-loaded"
    ENGINE_BODY_LEAKS = "engine-body-leaks"
    ALIAS_IGNORED = "alias-ignored"
    LOAD_DEFAULTS = "load-defaults"
    INVALID_LOAD_TAKEN = "invalid-load-taken"
    INVALID_LOAD_STATUS = "invalid-load-status"
    QUERY_UNREAD = "query-unread"
    QUERY_MERGED = "query-merged"
    ENGINE_ERROR_CHANGED = "engine-error-changed"
    ADAPTER_NOT_UNLOADED = "adapter-not-unloaded"
    UNLOADED_TWICE = "unloaded-twice"
    METHOD_TAKEN = "method-taken"
    SLASH_TAKEN = "slash-taken"
    SHAPE_NOT_MAPPED = "shape-not-mapped"
    ADAPTER_LIFE = "adapter-life"
