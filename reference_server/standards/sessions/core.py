"""What a request means for sessions, and what the built-in sessions answer. No HTTP library.

`mean` says which of three a request is: a session to open, a session to close, or an inference to serve, perhaps with
the session's id in its body. Built-in sessions are then opened by `open_session` and closed by `close_session`.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.sessions.manager import SessionManager
from seatrial.reference_server.standards.sessions.models import (
    SESSION_DISABLED_ERROR_DETAIL,
    SESSION_DISABLED_LOG_MESSAGE,
    SageMakerSessionHeader,
    SessionRequestType,
    asked,
)
from seatrial.reference_server.standards.transforms.asgi import Reply
from seatrial.reference_server.standards.transforms.bodies import as_object, dump, parse, set_value
from seatrial.reference_server.standards.transforms.refusals import RefusedError

# What the platform itself sends in place of an id.
NO_SESSION_YET = "NEW_SESSION"
# The kinds under which an engine's own handlers are registered.
CREATE = "create_session"
CLOSE = "close_session"
# Parents of the path of an id that may be missing in a body.
PARENTS = 1


@dataclass(frozen=True)
class Open:
    """A session is to be opened."""


@dataclass(frozen=True)
class Close:
    """A session is to be closed: this one, as the caller named it."""

    session_id: str | None


@dataclass(frozen=True)
class Serve:
    """An inference is to be served, with this body."""

    body: bytes


Meaning: TypeAlias = Open | Close | Serve


@dataclass(frozen=True)
class SessionRules:
    """How one route treats sessions.

    Args:
        manager: the built-in sessions, None where they are off.
        managed: whether the engine manages sessions: then ids are its own affair.
        id_keys: where the id goes in the body of an inference; empty for nowhere.
    """

    manager: SessionManager | None
    managed: bool = False
    id_keys: tuple[str, ...] = ()

    def mean(self, body: bytes, session_id: str | None) -> Meaning:
        """Say what a request is.

        Args:
            body: the bytes.
            session_id: the header, None where there is none.

        Raises:
            RefusedError: the body is no JSON, or no proper request about a session (400), or there is no such
                session (400).
        """
        document = parse(body)
        match asked(document):
            case SessionRequestType.NEW_SESSION:
                return Open()
            case SessionRequestType.CLOSE:
                return Close(session_id)
        if not isinstance(document, dict | list):
            raise RefusedError(400, f"the body is JSON of type {type(document).__name__}, expected an object")
        self.check_id(session_id)
        return Serve(self._with_id(document, body, session_id))

    def check_id(self, session_id: str | None) -> None:
        """Check the id of an inference.

        Raises:
            RefusedError: sessions are off, or there is none of this name (400).
        """
        if not session_id or self.managed:
            return
        if self.manager is None:
            raise RefusedError(400, SESSION_DISABLED_LOG_MESSAGE)
        if session_id != NO_SESSION_YET and self.manager.get_session(session_id) is None:
            raise _unknown(session_id)

    def _with_id(self, document: Any, body: bytes, session_id: str | None) -> bytes:
        if not self.id_keys or not session_id or session_id == NO_SESSION_YET:
            return body
        set_value(as_object(document), self.id_keys, session_id, create=PARENTS)
        return dump(document)


def open_session(manager: SessionManager | None) -> Reply:
    """Open a built-in session.

    Raises:
        RefusedError: sessions are off (400), or it cannot be kept (424).
    """
    if manager is None:
        raise RefusedError(400, SESSION_DISABLED_ERROR_DETAIL)
    try:
        session = manager.create_session()
    except (OSError, ValueError) as error:
        logger.exception("a session could not be created")
        raise RefusedError(424, f"Failed to create session: {error}") from error
    value = f"{session.session_id}; Expires={session.expires}"
    headers = ((SageMakerSessionHeader.NEW_SESSION_ID, value),)
    return Reply(200, f"Session {session.session_id} created".encode(), headers=headers)


def close_session(manager: SessionManager | None, session_id: str | None) -> Reply:
    """Close a built-in session.

    Raises:
        RefusedError: sessions are off or there is no such session (400), or no session was named (424).
    """
    if manager is None:
        raise RefusedError(400, SESSION_DISABLED_ERROR_DETAIL)
    try:
        manager.close_session(session_id)
    except ValueError as error:
        if session_id and session_id != NO_SESSION_YET:
            raise _unknown(session_id) from error
        raise RefusedError(424, f"Failed to close session: {error}") from error
    headers = ((SageMakerSessionHeader.CLOSED_SESSION_ID, str(session_id)),)
    return Reply(200, f"Session {session_id} closed".encode(), headers=headers)


def _unknown(session_id: str) -> RefusedError:
    return RefusedError(400, f"Bad request: session not found: {session_id}")
