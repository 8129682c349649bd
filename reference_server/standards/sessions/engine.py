"""Sessions that an engine manages itself: its handlers open and close them, and the answers get the platform's form.

A handler takes the request, or the engine's own request and the request (`obj, request`): the first is the class that
was registered, else the one that the parameter is annotated with, else a plain namespace. What the client sent beside
`requestType` was refused before; values for the engine come from SAGEMAKER_TRANSFORMS_CREATE_SESSION_DEFAULTS.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.sessions.models import SageMakerSessionHeader
from seatrial.reference_server.standards.transforms import defaults
from seatrial.reference_server.standards.transforms.bodies import dump, set_value
from seatrial.reference_server.standards.transforms.callers import Handler, call, positions
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, replace_body
from seatrial.reference_server.standards.transforms.shapes import Expression, Headers

BOTH = 2


@dataclass(frozen=True)
class EngineHandler:
    """A handler of an engine, and what it is called with.

    Args:
        function: as it was registered.
        model: the class of its first parameter, None where it is none of pydantic's.
        variable: where the defaults of its requests stand.
    """

    function: Handler
    model: type[BaseModel] | None
    variable: str

    async def answer(self, request: Request, body: dict[str, Any]) -> Any:
        """Call the handler with a body.

        Raises:
            HTTPException: the handler's own, or 424: the body does not suit its class.
            RefusedError: it raised something else (500).
        """
        defaults.apply(defaults.values_of(self.variable), body)
        replace_body(request, dump(body))
        wanted = (self._data(body),) if positions(self.function) == BOTH else ()
        try:
            return await call(self.function, *wanted, request)
        except HTTPException:
            raise
        except Exception as error:
            logger.exception("the engine's handler of sessions failed")
            raise RefusedError(500, "Unexpected error during transformation") from error

    def _data(self, body: dict[str, Any]) -> Any:
        if self.model is None:
            return SimpleNamespace(**body)
        try:
            return self.model.model_validate(body)
        except ValidationError as error:
            raise HTTPException(424, error.json(include_url=False)) from error


def engine_handler(function: Handler, model: Any, variable: str) -> EngineHandler:
    """Return a handler with the class of its first parameter.

    Raises:
        ValueError: what was given as the class is none of pydantic's.
    """
    wanted = _annotated(function) if model is None else model
    if wanted is not None and not (isinstance(wanted, type) and issubclass(wanted, BaseModel)):
        raise ValueError(f"engine_request_model_cls is {wanted!r}, expected a class derived from pydantic.BaseModel")
    return EngineHandler(function, wanted, variable)


@dataclass(frozen=True)
class Creation:
    """How sessions are opened.

    Args:
        handler: the engine's.
        id_path: where its answer has the id.
    """

    handler: EngineHandler
    id_path: Expression

    async def __call__(self, request: Request) -> Any:
        """Answer a request for a session; see `EngineHandler.answer` for what it raises."""
        returned = await self.handler.answer(request, {})
        if _is_final(returned):
            return returned
        session_id = self.id_path.find(_document(returned))
        if isinstance(session_id, int) and not isinstance(session_id, bool):
            session_id = str(session_id)
        if not isinstance(session_id, str) or not _can_be_sent(session_id):
            raise RefusedError(500, "Session ID not found in response")
        headers = {SageMakerSessionHeader.NEW_SESSION_ID: session_id}
        return PlainTextResponse(f"Successfully created session: {session_id}", headers=headers)


@dataclass(frozen=True)
class Closing:
    """How sessions are closed.

    Args:
        handler: the engine's.
        id_keys: where its request has the id.
    """

    handler: EngineHandler
    id_keys: tuple[str, ...]

    async def __call__(self, request: Request) -> Any:
        """Answer a request to close a session; see `EngineHandler.answer` for what it raises."""
        session_id = request.headers.get(SageMakerSessionHeader.SESSION_ID)
        if not session_id:
            raise RefusedError(400, "Session ID is required in request headers to close a session")
        body: dict[str, Any] = {}
        set_value(body, self.id_keys, session_id, create=len(self.id_keys))
        returned = await self.handler.answer(request, body)
        if _is_final(returned):
            return returned
        headers = {SageMakerSessionHeader.CLOSED_SESSION_ID: session_id}
        return PlainTextResponse(f"Successfully closed session: {session_id}", headers=headers)


async def answered(engine: Handler, request: Request) -> Any:
    """Return the answer of an engine: a `Creation` or a `Closing` gives it.

    Raises:
        HTTPException: what it refuses.
    """
    try:
        return await engine(request)
    except RefusedError as refused:
        raise as_http(refused) from refused


def _is_final(returned: Any) -> bool:
    """Whether an answer goes to the caller as it is: only a plain success gets the platform's form."""
    return isinstance(returned, Response) and returned.status_code != 200


def _document(returned: Any) -> Mapping[str, Any]:
    if isinstance(returned, Response):
        return {"body": _body(returned), "headers": Headers(returned.headers.items())}
    body = returned.model_dump() if isinstance(returned, BaseModel) else returned
    return {"body": body, "headers": Headers(())}


def _body(response: Response) -> Any:
    body = bytes(getattr(response, "body", b""))
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _can_be_sent(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _annotated(function: Handler) -> type[BaseModel] | None:
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError):
        return None
    first = next(iter(hints.values()), None)
    return first if isinstance(first, type) and issubclass(first, BaseModel) else None
