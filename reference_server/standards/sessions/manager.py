"""Sessions: created, found while they live, closed once. `start` makes the one manager of this process.

The time of a session is counted from its creation; using it adds nothing.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.standards.sessions.config import SageMakerConfig
from seatrial.reference_server.standards.sessions.directory import usable
from seatrial.reference_server.standards.sessions.storage import SessionFiles
from seatrial.reference_server.standards.transforms import defaults


@dataclass(frozen=True)
class Session:
    """A session that lives.

    Args:
        session_id: its name.
        expiration_ts: when it ends, in seconds since 1970.
        files: where it is kept.
    """

    session_id: str
    expiration_ts: float
    files: SessionFiles

    @property
    def expires(self) -> str:
        """When it ends, to the second, in UTC: `2025-10-22T12:34:56Z`."""
        return _utc(self.expiration_ts)

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self.files.put(self.session_id, key, value)

    def get(self, key: str, d: Any = None) -> Any:
        """Return a value that was kept."""
        return self.files.get(self.session_id, key, d)

    def remove(self) -> None:
        """End it."""
        self.files.remove(self.session_id)


class SessionManager:
    """The sessions of a server.

    Args:
        files: where they are kept.
        lifetime: seconds from creation to end.
        clock: seconds since 1970; one clock for all processes that share the files.
    """

    def __init__(self, files: SessionFiles, lifetime: float, clock: Callable[[], float] = time.time) -> None:
        self.files = files
        self.lifetime = lifetime
        self._clock = clock

    def create_session(self) -> Session:
        """Remove what has ended and make a new session.

        Raises:
            OSError: its files cannot be written.
            ValueError: no calendar has the day on which it would end.
        """
        now = self._clock()
        self.files.sweep(now)
        ends = now + self.lifetime
        _utc(ends)
        session = Session(str(uuid.uuid4()), ends, self.files)
        self.files.add(session.session_id, ends)
        return session

    def get_session(self, session_id: str) -> Session | None:
        """Return a session, None if there is none of this name or it has ended."""
        ends = self.files.ends(session_id)
        if ends is None:
            return None
        if ends <= self._clock():
            self.files.remove(session_id)
            return None
        return Session(session_id, ends, self.files)

    def close_session(self, session_id: str | None) -> None:
        """End a session.

        Raises:
            ValueError: there is none of this name, or somebody else has just closed it.
        """
        if not session_id:
            raise ValueError(f"invalid session_id: {session_id}")
        if self.get_session(session_id) is None or not self.files.remove(session_id):
            raise ValueError(f"session not found: {session_id}")


class _Current:
    """The manager of this process."""

    manager: SessionManager | None = None
    started = False


def start(environ: Mapping[str, str] | None = None) -> SessionManager | None:
    """Make the manager of this process from the variables.

    Returns:
        The manager; None where sessions are off: then nothing was created.

    Raises:
        SettingsError: a variable of sessions or of transforms cannot be used: the server must not start.
    """
    config = SageMakerConfig.from_env(environ)
    defaults.check(environ)
    files = SessionFiles(usable(config.sessions_path)) if config.enable_stateful_sessions else None
    _Current.manager = None if files is None else SessionManager(files, scaled(config.sessions_expiration))
    _Current.started = True
    return _Current.manager


def init_session_manager_from_env() -> SessionManager | None:
    """Make the manager of this process from its environment; see `start`."""
    return start()


def get_session_manager() -> SessionManager | None:
    """Return the manager of this process, None where sessions are off; the first call makes it, if nobody has."""
    return _Current.manager if _Current.started else start()


def _utc(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OSError, OverflowError) as error:
        raise ValueError(f"{seconds:.0f} seconds since 1970 is no date: {error}") from error
