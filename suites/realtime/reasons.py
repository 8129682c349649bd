"""The named reasons for which a clause of this profile may break: what a report says in one word, and a mutant proves.

One section an area; the values are permanent, like the ids of clauses.
"""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    # Ports and connections.
    LOOPBACK_BIND = "loopback-bind"
    WRONG_PORT = "wrong-port"
    NOT_HTTP = "not-http"
    HOST_CHECKED = "host-checked"
    SLOW_ACCEPT = "slow-accept"
    BACKLOG_FULL = "backlog-full"
    CONNECTION_LOST = "connection-lost"
    CONNECTION_MUDDLED = "connection-muddled"
    IDLE_CLIENTS_BLOCK = "idle-clients-block"

    # The health check.
    NEVER_READY = "never-ready"
    PING_STATUS = "ping-status"
    PING_SLOW = "ping-slow"
    PING_FLAPS = "ping-flaps"
    PING_NOT_DIRECT = "ping-not-direct"
    PING_BLOCKED = "ping-blocked"
    PING_DEAF = "ping-deaf"
    PING_STICKS = "ping-sticks"
    PING_COSTS = "ping-costs"
    PING_LOG_FLOOD = "ping-log-flood"
    PING_LIES = "ping-lies"
    ODD_WHILE_LOADING = "odd-while-loading"
    READY_TOO_EARLY = "ready-too-early"
    POST_REFUSED = "post-refused"
    PING_BODY = "ping-body"

    # Load.
    CROSS_TALK = "cross-talk"
    ABORTS_BREAK = "aborts-break"
    ABORTS_LEAK = "aborts-leak"
    OVERLOAD_ERROR = "overload-error"
    OVERLOAD_HANGS = "overload-hangs"
    OVERLOAD_DEAF = "overload-deaf"
    UNKNOWN_PATH_SERVED = "unknown-path-served"
    METRICS_ERROR = "metrics-error"
    METRICS_SLOW = "metrics-slow"
    METRICS_DISTURBS = "metrics-disturbs"

    # Invocations.
    INVOCATIONS_ROUTE_MISSING = "invocations-route-missing"
    INVOCATIONS_NOT_2XX = "invocations-not-2xx"
    INVOCATIONS_DROPPED = "invocations-dropped"
    INVOCATIONS_NOT_JSON = "invocations-not-json"
    ANSWER_LATE = "answer-late"
    COLD_CALL_LATE = "cold-call-late"
    SLOW_CALL_HANGS = "slow-call-hangs"
    SLOW_CALL_DROPPED = "slow-call-dropped"
    SLOW_CALL_COSTS_WORKER = "slow-call-costs-worker"
    LENGTH_WRONG = "length-wrong"
    CONTENT_TYPE_MISSING = "content-type-missing"
    STEADY_FAILS = "steady-fails"
    MEMORY_LEAK = "memory-leak"
    FILE_LEAK = "file-leak"

    # Media types and headers of invocations.
    OPTIONAL_HEADER_NEEDED = "optional-header-needed"
    CONTENT_TYPE_COMPARED_WHOLE = "content-type-compared-whole"
    UNSUPPORTED_TYPE_SERVED = "unsupported-type-served"
    UNSUPPORTED_TYPE_ERROR = "unsupported-type-error"
    CONTENT_TYPE_LIES = "content-type-lies"
    ACCEPT_ERROR = "accept-error"
    EXTRA_HEADERS_MATTER = "extra-headers-matter"
    NAMED_HEADERS_MATTER = "named-headers-matter"
    ATTRIBUTES_REFUSED = "attributes-refused"
    ATTRIBUTES_UNFIT = "attributes-unfit"
    ATTRIBUTES_LEAK = "attributes-leak"

    # Bodies.
    BODY_CHANGED = "body-changed"
    BODY_REFUSED_FOR_SIZE = "body-refused-for-size"
    BODY_DROPPED = "body-dropped"
    BODY_LATE = "body-late"
    CHUNKED_REFUSED = "chunked-refused"
    SPLIT_BODY_REFUSED = "split-body-refused"
    EXPECT_REFUSED = "expect-refused"
    ANSWER_CUT = "answer-cut"

    # Bad input.
    MALFORMED_STATUS = "malformed-status"
    MALFORMED_ACCEPTED = "malformed-accepted"
    MALFORMED_200 = "malformed-200"
    MALFORMED_DROPPED = "malformed-dropped"
    MALFORMED_HTML = "malformed-html"
    MALFORMED_REASON_LONG = "malformed-reason-long"
    MALFORMED_NO_REASON = "malformed-no-reason"
    BAD_INPUT_BREAKS_THE_NEXT = "bad-input-breaks-the-next"

    # Images.
    WRONG_ARCHITECTURE = "wrong-architecture"
    MANIFEST_INDEX = "manifest-index"
    MANIFEST_TYPE = "manifest-type"
    SHELL_FORM = "shell-form"
    SERVE_MISSING = "serve-missing"
    SERVE_NOT_EXECUTABLE = "serve-not-executable"
    SERVE_CRLF = "serve-crlf"
    SERVE_INTERPRETER_MISSING = "serve-interpreter-missing"
    SERVE_NOT_A_PROGRAM = "serve-not-a-program"
    SERVE_WRONG_ARCHITECTURE = "serve-wrong-architecture"
    NOT_ROOT = "not-root"
    DRIVER_IN_IMAGE = "driver-in-image"
    LABEL_VALUE = "label-value"
    LABEL_UNTRUE = "label-untrue"
    STOP_SIGNAL = "stop-signal"
    PYTHON_BUFFERED = "python-buffered"
    CUDA_TOO_NEW = "cuda-too-new"
    GPU_ABSENCE_UNTOLD = "gpu-absence-untold"
    GPU_ABSENCE_HIDDEN = "gpu-absence-hidden"
    GPU_HIDDEN = "gpu-hidden"

    # The start.
    INIT_ATE_SERVE = "init-ate-serve"
    CMD_NEEDED = "cmd-needed"
    TERMINAL_NEEDED = "terminal-needed"
    EXITED_AT_START = "exited-at-start"
    EXITED_AFTER_READY = "exited-after-ready"
    ENVIRONMENT_BREAKS_START = "environment-breaks-start"
    HOSTNAME_BREAKS_START = "hostname-breaks-start"
    DEAD_SERVER_LIVES_ON = "dead-server-lives-on"
    DEAD_SERVER_EXITS_ZERO = "dead-server-exits-zero"
    BAD_MODEL_READY = "bad-model-ready"
    BAD_MODEL_SILENT = "bad-model-silent"

    # Files, the network, logs.
    READ_ONLY_BREAKS_START = "read-only-breaks-start"
    MODEL_TOUCHED = "model-touched"
    ARCHIVE_NEEDED = "archive-needed"
    ODD_FILES_BREAK_START = "odd-files-break-start"
    ODD_FILES_BREAK_CALLS = "odd-files-break-calls"
    NO_MODEL_SILENT = "no-model-silent"
    EGRESS = "egress"
    START_NOT_LOGGED = "start-not-logged"
    FAILURE_NOT_LOGGED = "failure-not-logged"
    LOGGED_LATE = "logged-late"
    FAILED_START_SILENT = "failed-start-silent"
    FAILED_START_UNEXPLAINED = "failed-start-unexplained"

    # The stop.
    STOP_TIMEOUT = "stop-timeout"
    STOP_KILLED = "stop-killed"
    STOP_SLOW = "stop-slow"
    STOP_EXIT_CODE = "stop-exit-code"
    CALL_DROPPED = "call-dropped"
    CALL_OUTLIVES_SERVER = "call-outlives-server"
    DRAIN_HIDDEN = "drain-hidden"
    ORPHANS_LEFT = "orphans-left"

    # Network isolation: the profile `isolated`, which includes this one.
    NETWORK_NEEDED = "network-needed"
    CREDENTIALS_SOUGHT = "credentials-sought"
