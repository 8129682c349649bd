"""Drives sessions, one request after the other and many at once: on the engine's own routes, then on a script's.

The engine's own routes come first: what a mounted script shows is the library's session layer, not where the engine put
it. Both are asked the same questions; only the script can show what a handler saw and what was stored.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from seatrial.conformance.api import Drive, Exchange, Unobserved, Untested, scenario
from seatrial.suites.standards.scenarios.probing import probe
from seatrial.suites.standards.state_routes import (
    ADAPTER,
    SESSION,
    Calls,
    StateRoute,
    echoed,
    error_text,
    json_of,
    session_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "OFF",
    "OWN",
    "STATE",
    "OffSeen",
    "OwnSeen",
    "SessionsSeen",
    "Storage",
    "mounted",
    "no_override",
    "storage_of",
]

ENABLE, PATH, TTL = (
    "SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "SAGEMAKER_SESSIONS_PATH", "SAGEMAKER_SESSIONS_EXPIRATION",
)  # fmt: skip
FOLDER = (PATH, "/tmp{trial_files}/sessions")  # noqa: S108  a folder of this launch alone, in a container and on a host
OWN = probe("own-state", (ENABLE, "true"), (PATH, "{trial_files}/sessions"), script_name="present.py")
"""A container cannot write there and takes another folder of its own; on a host nothing is left behind."""
STATE = probe("state", (ENABLE, "TRUE"), FOLDER, script_name="state.py")
OFF = probe("sessions-off", (ENABLE, "yes"), FOLDER, script_name="state.py")
"""Only `true` and `1` turn sessions on."""

CREATES, CREATING = 200, 40
CLOSERS, CLOSE_ROUNDS = 20, 3
MALFORMED: dict[str, object] = {
    "lower case": {"requestType": "new_session"},
    "null": {"requestType": None},
    "empty": {"requestType": ""},
    "another word": {"requestType": "RENEW"},
    "another field": {"requestType": "NEW_SESSION", "seatrial": 1},
    "another field of a close": {"requestType": "CLOSE", "seatrial": 1},
}
TRAVERSAL = "../../etc"


@dataclass(frozen=True)
class Storage:
    """What the server keeps of sessions, as the script sees it.

    Attributes:
        now: the server's clock.
        shm_usable: whether `/dev/shm` can be read and written there.
        exists: which of the folders are there: the `given` one, `shm`, `tmp`.
        kept: by folder, those of the sessions asked for that are there, with what their `.expiration_ts` holds.
    """

    now: float
    shm_usable: bool
    exists: dict[str, bool]
    kept: dict[str, dict[str, str]]


@dataclass(frozen=True)
class SessionsSeen:
    """Sessions on one route, with no time for them to expire.

    Attributes:
        calls: one after the other.
        ids: of the sessions that the named creates opened.
        malformed: session requests that are none, by what is wrong with them.
        between: wall-clock times just before and just after the first create.
        crowd: ids of the sessions opened by many clients at once; empty where a create failed.
        crowd_failed: the first create of the crowd that failed.
        closes: for each of some sessions, the answers to many clients that closed it at once.
        storage: what was kept while a session was open, and after it was closed; None on the engine's own route.
    """

    calls: Calls
    ids: dict[str, str]
    malformed: Calls
    between: tuple[float, float]
    crowd: tuple[str, ...]
    crowd_failed: Exchange | None
    closes: tuple[tuple[Exchange, ...], ...]
    storage: tuple[Storage, Storage] | None = None


@dataclass(frozen=True)
class OwnSeen:
    """The engine's own routes, asked for a session.

    Attributes:
        create: the answer to a request for a session.
        sessions: what was seen of them; None where that route has no session layer.
        with_adapter: a request for a session that also names an adapter; None where it has no session layer.
    """

    create: Exchange
    sessions: SessionsSeen | None
    with_adapter: Exchange | None


@dataclass(frozen=True)
class OffSeen:
    """A server whose sessions are not turned on.

    Attributes:
        calls: one after the other.
        storage: what was kept at the end.
    """

    calls: Calls
    storage: Storage


@scenario("standards-own-sessions", sees=OwnSeen, launch=OWN, takes=2.0)
def own_sessions(drive: Drive) -> OwnSeen:
    """Ask the engine's own route for a session, and try it where there is one."""
    route = StateRoute(drive, drive.sample)
    create = route.create()
    if create.status != 200 or not session_of(create):
        return OwnSeen(create, None, None)
    route.close(session_of(create))
    seen = _sessions(route)
    with_adapter = route.create((ADAPTER, "seatrial"))
    route.close(session_of(with_adapter))
    return OwnSeen(create, seen, with_adapter)


@scenario("standards-sessions", sees=SessionsSeen, launch=STATE, takes=2.0)
def sessions(drive: Drive) -> SessionsSeen:
    """Ask a script's echo behind the session layer the same, and look at what is stored."""
    route = mounted(drive)
    seen = _sessions(route, storage=lambda session: storage_of(route, session))
    storage_of(route, forget=True)
    return seen


@scenario("standards-sessions-off", sees=OffSeen, launch=OFF, takes=0.2)
def sessions_off(drive: Drive) -> OffSeen:
    """Ask for sessions where they are not turned on."""
    route = mounted(drive)
    calls = {
        "create": route.create(),
        "close": route.close(str(uuid4())),
        "use": route.use(str(uuid4())),
        "use with an empty header": route.use(""),
        "plain": route.infer(),
    }
    return OffSeen(Calls(route.route, calls), storage_of(route))


def mounted(drive: Drive) -> StateRoute:
    """The routes of a mounted script.

    Raises:
        Unobserved: the script's handler does not answer; why, is the business of other clauses.
    """
    route = StateRoute(drive)
    first = route.post({"seatrial": 1}, case="plain")
    if echoed(first) != {"seatrial": 1}:
        raise Unobserved(Untested.PREREQUISITE, no_override(first))
    return route


def no_override(answer: Exchange) -> str:
    """What is wrong where a mounted script's handler does not answer."""
    other = "something else does: " if answer.ok else ""
    return f"the mounted script's handler does not answer /invocations, {other}{answer.summary}"


def storage_of(route: StateRoute, *sessions: str, **asked: object) -> Storage:
    """What the server keeps of some sessions, after doing to it what is asked.

    Raises:
        Unobserved: the script cannot tell.
    """
    told = route.post({"sessions": sessions, **asked}, case="storage")
    found = json_of(told)
    if not told.ok or not isinstance(found, dict):
        raise Unobserved(Untested.PREREQUISITE, f"the script cannot look at what is stored: {error_text(told)[:200]}")
    return Storage(found["now"], found["shm_usable"], found["exists"], found["kept"])


def _sessions(route: StateRoute, storage: Callable[[str], Storage] | None = None) -> SessionsSeen:
    calls: dict[str, Exchange] = {}
    before = time.time()
    calls["create"] = route.create()
    between = (before, time.time())
    session = session_of(calls["create"])
    stored = storage(session) if storage else None
    calls |= {
        "create with NEW_SESSION": route.create((SESSION, "NEW_SESSION")),
        "create with a valid id": route.create((SESSION, session)),
        "create with an unknown id": route.create((SESSION, str(uuid4()))),
        "plain": route.infer(),
    }
    calls |= _uses(route, session) | _closes(route, session)
    after = storage(session) if storage else None
    made = {name: session_of(call) for name, call in calls.items() if name.startswith("create")}
    malformed = Calls(route.route, {name: route.post(body) for name, body in MALFORMED.items()})
    crowd, failed = _crowd(route)
    closes = tuple(_parallel_closes(route) for _ in range(CLOSE_ROUNDS))
    calls["plain at the end"] = route.infer()
    for name, opened in made.items():
        if opened and name != "create":
            route.close(opened)
    kept = (stored, after) if stored and after else None
    return SessionsSeen(Calls(route.route, calls), made, malformed, between, crowd, failed, closes, kept)


def _uses(route: StateRoute, session: str) -> dict[str, Exchange]:
    swapped = session.swapcase()
    return {
        "use": route.use(session),
        "use again": route.use(session),
        "use of an unknown id": route.use(str(uuid4())),
        "use of the id in the other case": route.use(swapped if swapped != session else f"{session}A"),
        "use of a path": route.use(TRAVERSAL),
        "use of NEW_SESSION": route.use("NEW_SESSION"),
        "use of an empty id": route.use(""),
    }


def _closes(route: StateRoute, session: str) -> dict[str, Exchange]:
    return {
        "close": route.close(session),
        "use after close": route.use(session),
        "close after close": route.close(session),
        "close without an id": route.close(),
        "close of an empty id": route.close(""),
        "close of an unknown id": route.close(str(uuid4())),
        "close of NEW_SESSION": route.close("NEW_SESSION"),
    }


def _crowd(route: StateRoute) -> tuple[tuple[str, ...], Exchange | None]:
    with ThreadPoolExecutor(CREATING) as pool:
        created = list(pool.map(lambda _: route.create(), range(CREATES)))
    failed = next((call for call in created if not (call.ok and session_of(call))), None)
    ids = tuple(session_of(call) for call in created)
    with ThreadPoolExecutor(CREATING) as pool:
        list(pool.map(route.close, filter(None, ids)))
    return (() if failed else ids), failed


def _parallel_closes(route: StateRoute) -> tuple[Exchange, ...]:
    session = session_of(route.create())
    together = threading.Barrier(CLOSERS)

    def close(_: int) -> Exchange:
        together.wait()
        return route.close(session)

    with ThreadPoolExecutor(CLOSERS) as pool:
        return tuple(pool.map(close, range(CLOSERS)))
