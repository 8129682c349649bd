"""Stateful sessions on the inference route: created, used, expired and closed, the same for every worker.

For an engine or a customer that uses FastAPI (`decorators`):

    stateful_session_manager(engine_request_session_id_path: str | None = None)       around the handler
    register_create_session_handler(engine_response_session_id_path, engine_request_model_cls=None)
    register_close_session_handler(engine_request_session_id_path, engine_request_model_cls=None)

For a server of plain ASGI (no FastAPI is imported until a customer has registered a handler of their own):

    manager.start(environ: Mapping[str, str] | None = None) -> SessionManager | None
        Once before serving, in every worker; also `bootstrap` calls it. Reads the variables, makes the directory if
        sessions are on; None where they are off. Raises `SettingsError` (a ValueError): the start is refused.
    config.wanted(environ) -> bool
        Whether a variable speaks of sessions at all: without it a server needs no layer.
    layer.session_layer(app: App, *, limit: int, id_path: str = "", path: str = "/invocations") -> App
        Outside the adapter injection, inside the customer's middleware. `limit` is the longest body in bytes; a longer
        one is given on unread. A body whose Content-Type names something else than JSON is given on unchanged.

Inside: `config` (variables), `storage` (files, the only truth), `directory` (where they are), `manager` (sessions),
`models` (names and the request), `core` (what a request means), `engine` (sessions that an engine manages itself).
"""

import importlib
from typing import Any

# Names that other modules define; these import FastAPI's foundations, or pydantic.
ELSEWHERE = {
    "stateful_session_manager": ".decorators",
    "register_create_session_handler": ".decorators",
    "register_close_session_handler": ".decorators",
    "SageMakerSessionHeader": ".models",
    "SessionManager": ".manager",
    "Session": ".manager",
    "get_session_manager": ".manager",
    "init_session_manager_from_env": ".manager",
    "SessionApiTransform": "..public.session_transform",
    "build_session_request_shape": "..public.session_transform",
    "create_session_transform_decorator": "..public.session_transform",
    "create_transform_decorator": "..public.transform_decorator",
    "resolve_session_transform": "..public.session_transform",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(ELSEWHERE[name], __name__), name)
