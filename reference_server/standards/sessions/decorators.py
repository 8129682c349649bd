"""The decorators for sessions, for handlers of FastAPI and Starlette.

`stateful_session_manager` stands around the handler of the inference route; the other two register an engine's own
handlers, which may stand at routes of their own as well.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from starlette.requests import Request

from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.sessions import manager
from seatrial.reference_server.standards.sessions.core import (
    CLOSE,
    CREATE,
    Close,
    Open,
    Serve,
    SessionRules,
    close_session,
    open_session,
)
from seatrial.reference_server.standards.sessions.engine import Closing, Creation, answered, engine_handler
from seatrial.reference_server.standards.sessions.models import SageMakerSessionHeader
from seatrial.reference_server.standards.transforms import defaults
from seatrial.reference_server.standards.transforms.bodies import checked_path
from seatrial.reference_server.standards.transforms.callers import Endpoint, Handler, call, endpoint_like
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, replace_body, response_of
from seatrial.reference_server.standards.transforms.shapes import Expression

Decorator: TypeAlias = Callable[[Handler], Handler]


def stateful_session_manager(engine_request_session_id_path: str | None = None) -> Callable[[Handler], Endpoint]:
    """Return the decorator that answers requests about sessions and checks the ids of inferences.

    Args:
        engine_request_session_id_path: where the id goes in the body, such as `session_id` or `metadata.session_id`;
            None for nowhere.

    Raises:
        ValueError: the path is no path.
    """
    path = engine_request_session_id_path
    keys = checked_path(path, "engine_request_session_id_path") if path else ()

    def decorate(handler: Handler) -> Endpoint:
        async def with_sessions(raw_request: Request) -> Any:
            try:
                answer = await session_answer(raw_request, keys)
            except RefusedError as refused:
                raise as_http(refused) from refused
            return await call(handler, raw_request) if answer is None else answer

        return endpoint_like(handler, with_sessions)

    return decorate


def register_create_session_handler(
    engine_response_session_id_path: str, engine_request_model_cls: Any = None
) -> Decorator:
    """Return the decorator that lets an engine's handler open sessions.

    Args:
        engine_response_session_id_path: a JMESPath that finds the id in the answer: `body`, `body.session_id`,
            `headers."X-Session-Id"`.
        engine_request_model_cls: a class of pydantic's that the handler takes.

    Raises:
        ValueError: the path or the class is none.
    """
    path = Expression(engine_response_session_id_path)

    def decorate(handler: Handler) -> Handler:
        wanted = engine_handler(handler, engine_request_model_cls, defaults.CREATE_SESSION)
        handler_registry.set_handler(CREATE, Creation(wanted, path))
        return handler

    return decorate


def register_close_session_handler(
    engine_request_session_id_path: str, engine_request_model_cls: Any = None
) -> Decorator:
    """Return the decorator that lets an engine's handler close sessions.

    Args:
        engine_request_session_id_path: where the id goes in the engine's request: `body.session_id`.
        engine_request_model_cls: a class of pydantic's that the handler takes.

    Raises:
        ValueError: the path or the class is none.
    """
    keys = checked_path(engine_request_session_id_path, "engine_request_session_id_path")
    below_body = keys[1:] if keys[0] == defaults.BODY and len(keys) > 1 else keys

    def decorate(handler: Handler) -> Handler:
        wanted = engine_handler(handler, engine_request_model_cls, defaults.CLOSE_SESSION)
        handler_registry.set_handler(CLOSE, Closing(wanted, below_body))
        return handler

    return decorate


def managed_by_engine() -> bool:
    """Return whether an engine has registered a handler of sessions."""
    return handler_registry.has_handler(CREATE) or handler_registry.has_handler(CLOSE)


async def session_answer(request: Request, id_keys: tuple[str, ...]) -> Any:
    """Answer a request about a session, or check and prepare one that is to be served.

    Returns:
        The answer; None if the request is to be served, which then has the id in its body.

    Raises:
        RefusedError: the request cannot be used.
        HTTPException: the engine refuses it.
    """
    sessions = manager.get_session_manager()
    body = await request.body()
    session_id = request.headers.get(SageMakerSessionHeader.SESSION_ID)
    match SessionRules(sessions, managed_by_engine(), id_keys).mean(body, session_id):
        case Serve(changed):
            if changed is not body:
                replace_body(request, changed)
            return None
        case Open():
            creation = handler_registry.get_handler(CREATE)
            if creation is not None:
                return await answered(creation, request)
            return response_of(await asyncio.to_thread(open_session, sessions))
        case Close(named):
            closing = handler_registry.get_handler(CLOSE)
            if closing is not None:
                return await answered(closing, request)
            return response_of(await asyncio.to_thread(close_session, sessions, named))
