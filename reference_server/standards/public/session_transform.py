"""The class behind the decorator of sessions: `sagemaker.sessions.transform`, `.handlers` and `.utils`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request

from seatrial.reference_server.standards import registry
from seatrial.reference_server.standards.public.api_transform import BaseApiTransform, BaseTransformRequestOutput
from seatrial.reference_server.standards.public.transform_decorator import Decorator, create_transform_decorator
from seatrial.reference_server.standards.sessions import core, decorators, manager
from seatrial.reference_server.standards.sessions.engine import answered
from seatrial.reference_server.standards.sessions.manager import Session, SessionManager
from seatrial.reference_server.standards.sessions.models import SageMakerSessionHeader, SessionRequestType
from seatrial.reference_server.standards.transforms.bodies import checked_path
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, response_of
from seatrial.reference_server.standards.transforms.shapes import Shape

SESSION_ID_EXPRESSION = f'headers."{SageMakerSessionHeader.SESSION_ID}"'


class SessionApiTransform(BaseApiTransform):
    """Answers requests about sessions in place of the handler, and checks the ids of inferences.

    Args:
        request_shape: the key whose value is `headers."X-Amzn-SageMaker-Session-Id"` is where the id goes in the body.
        response_shape: has no use.
    """

    def __init__(self, request_shape: Shape, response_shape: Shape | None = None) -> None:
        super().__init__({}, response_shape)
        path = next((path for path, value in (request_shape or {}).items() if value == SESSION_ID_EXPRESSION), "")
        self._keys = checked_path(path, "the path of the session's id") if path else ()

    async def transform_request(self, raw_request: Request) -> BaseTransformRequestOutput:
        """Answer a request about a session, or check one that is to be served and put the id into it.

        Raises:
            HTTPException: the request cannot be used, or the engine refuses it.
        """
        try:
            answer = await decorators.session_answer(raw_request, self._keys)
        except RefusedError as refused:
            raise as_http(refused) from refused
        return BaseTransformRequestOutput(raw_request=raw_request, intercept_func=_giving(answer))

    def transform_response(self, response: Any, transform_request_output: Any) -> Any:
        """Return the answer."""
        del transform_request_output
        return response


def resolve_session_transform(handler_type: str) -> type[SessionApiTransform]:
    """Return the class of sessions, whatever the kind."""
    del handler_type
    return SessionApiTransform


def create_session_transform_decorator() -> Callable[..., Decorator]:
    """Return the decorator of sessions that takes shapes; see `transform_decorator`."""
    return create_transform_decorator("stateful_session_manager", resolve_session_transform)


def build_session_request_shape(
    session_id_path: str | None, additional_shape: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a shape in which the id of the session goes to a path."""
    shape = dict(additional_shape or {})
    return {**shape, session_id_path: SESSION_ID_EXPRESSION} if session_id_path else shape


def get_session_id_from_request(raw_request: Request) -> str | None:
    """Return the id that a request names, None where it names none."""
    return raw_request.headers.get(SageMakerSessionHeader.SESSION_ID)


def get_session(session_manager: SessionManager | None, raw_request: Request) -> Session | None:
    """Return the session that a request names, None where it names none.

    Raises:
        HTTPException: it names one, and sessions are off (400).
        ValueError: there is no such session.
    """
    session_id = get_session_id_from_request(raw_request)
    try:
        core.SessionRules(session_manager).check_id(session_id)
    except RefusedError as refused:
        if session_manager is None:
            raise as_http(refused) from refused
        raise ValueError(f"session not found: {session_id}") from refused
    return session_manager.get_session(session_id) if session_manager is not None and session_id else None


def get_handler_for_request_type(request_type: SessionRequestType) -> Callable[[Request], Any] | None:
    """Return what answers a kind of request about sessions: the engine's handler, else the built-in one."""
    builtin = {
        SessionRequestType.NEW_SESSION: (core.CREATE, create_session),
        SessionRequestType.CLOSE: (core.CLOSE, close_session),
    }
    if request_type not in builtin:
        return None
    kind, default = builtin[request_type]
    engine = registry.handler_registry.get_handler(kind)
    return default if engine is None else lambda raw_request: answered(engine, raw_request)


async def create_session(raw_request: Request) -> Any:
    """Open a built-in session.

    Raises:
        HTTPException: sessions are off (400), or it cannot be kept (424).
    """
    del raw_request
    return await _in_thread(core.open_session, manager.get_session_manager())


async def close_session(raw_request: Request) -> Any:
    """Close the built-in session that a request names.

    Raises:
        HTTPException: sessions are off or there is no such session (400), or none was named (424).
    """
    return await _in_thread(core.close_session, manager.get_session_manager(), get_session_id_from_request(raw_request))


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return response_of(await asyncio.to_thread(function, *arguments))
    except RefusedError as refused:
        raise as_http(refused) from refused


def _giving(answer: Any) -> Callable[[Request], Any] | None:
    async def give(raw_request: Request) -> Any:
        del raw_request
        return answer

    return None if answer is None else give
