"""Sessions around the inference route of a server that is plain ASGI.

Bodies that say they are no JSON go through unchanged, their session id is checked all the same: a session may be used
with `text/csv`. Once a customer has registered handlers of sessions, these answer, through Starlette's objects.
"""

import asyncio

from seatrial.reference_server.protocols.asgi import App, CallerLeftError, Receive, Scope, Send
from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.sessions import manager
from seatrial.reference_server.standards.sessions.core import (
    CLOSE,
    CREATE,
    Close,
    Meaning,
    Open,
    Serve,
    SessionRules,
    close_session,
    open_session,
)
from seatrial.reference_server.standards.sessions.models import SageMakerSessionHeader
from seatrial.reference_server.standards.transforms.asgi import (
    Reply,
    header,
    read_up_to,
    refusal,
    replay,
    says_json,
    send_reply,
    with_body,
)
from seatrial.reference_server.standards.transforms.bodies import checked_path, is_object
from seatrial.reference_server.standards.transforms.refusals import RefusedError


def session_layer(app: App, *, limit: int, id_path: str = "", path: str = "/invocations") -> App:
    """Put sessions around a route.

    Args:
        app: the application inside.
        limit: the longest body in bytes; a longer one is given on unread.
        id_path: where the id goes in the body, such as `metadata.session_id`; empty for nowhere.
        path: the route.

    Raises:
        ValueError: `id_path` is no path.
    """
    keys = checked_path(id_path, "id_path") if id_path else ()

    async def with_sessions(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != path or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        try:
            body, whole, messages = await read_up_to(receive, limit)
        except CallerLeftError:
            return
        again = replay(messages, receive)
        if not whole:
            await app(scope, again, send)
            return
        try:
            answer = await _answer(scope, body, keys)
        except RefusedError as refused:
            answer = refusal(refused)
        if isinstance(answer, Reply):
            await send_reply(answer, send)
        elif not isinstance(answer, Serve):
            await _let_engine_answer(answer, (*with_body(scope, receive, body), send))
        elif answer.body is body:
            await app(scope, again, send)
        else:
            await app(*with_body(scope, receive, answer.body), send)

    return with_sessions


async def _answer(scope: Scope, body: bytes, keys: tuple[str, ...]) -> Reply | Meaning:
    """Return the answer of the built-in sessions, or what somebody else is to do."""
    sessions = manager.get_session_manager()
    managed = handler_registry.has_handler(CREATE) or handler_registry.has_handler(CLOSE)
    rules = SessionRules(sessions, managed, keys)
    session_id = header(scope, SageMakerSessionHeader.SESSION_ID)
    if not says_json(scope) and not is_object(body):
        rules.check_id(session_id)
        return Serve(body)
    meaning = rules.mean(body, session_id)
    if isinstance(meaning, Open) and not handler_registry.has_handler(CREATE):
        return await asyncio.to_thread(open_session, sessions)
    if isinstance(meaning, Close) and not handler_registry.has_handler(CLOSE):
        return await asyncio.to_thread(close_session, sessions, meaning.session_id)
    return meaning


async def _let_engine_answer(meaning: Meaning, connection: tuple[Scope, Receive, Send]) -> None:
    # Somebody has registered handlers, so Starlette is here already.
    from seatrial.reference_server.standards.sessions.bridge import engine_answer  # noqa: PLC0415

    await engine_answer(CREATE if isinstance(meaning, Open) else CLOSE, *connection)
