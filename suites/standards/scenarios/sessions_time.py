"""Drives sessions whose time runs out after a few seconds, and other starts that only one rule of sessions needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Unobserved, Untested, scenario
from seatrial.suites.standards.models import Lifetime, When
from seatrial.suites.standards.scenarios.failures import BrokenStart, watch_start
from seatrial.suites.standards.scenarios.probing import probe
from seatrial.suites.standards.scenarios.sessions import ENABLE, FOLDER, PATH, STATE, TTL, Storage, mounted, storage_of
from seatrial.suites.standards.state_routes import Calls, Route, StateRoute, json_of, session_of

__all__ = [
    "EXPIRY", "SECONDS", "FolderSeen", "LeftSeen", "StraySeen", "TimeSeen", "WorkersSeen",
]  # fmt: skip

SECONDS = 3
"""Seconds that a session lives on the launch with a short time."""
USED_AT, OVER_AT = 0.65, 1.3
"""Parts of that time after which a session is used, and after which it is surely over."""
EXPIRY = probe("expiry", (ENABLE, "1"), FOLDER, (TTL, str(SECONDS)), script_name="state.py")
WORKERS = probe("workers", (ENABLE, "true"), ("SAGEMAKER_MODEL_SERVER_WORKERS", "2"), script_name="state.py")
"""What the platform's toolkits call the number of processes that serve; a server that does not know it has its own."""
NOWHERE = "/proc/seatrial/sessions"
"""No process can make a folder there, not even root."""
FALLBACK = probe("sessions-fallback", (ENABLE, "true"), (PATH, NOWHERE), script_name="state.py")
BAD_TTLS = {"zero": "0", "word": "soon"}
RESTART = 60.0
USES, SESSIONS = 40, 4
TRIES = 3


@dataclass(frozen=True)
class TimeSeen:
    """Sessions whose time ran out.

    Attributes:
        calls: creates, uses and closes of four sessions, by name.
        ids: of those sessions: `quiet`, `closed`, `forgotten`, `used`.
        collected: what was kept after one more create.
    """

    calls: Calls
    ids: dict[str, str]
    collected: Storage


@dataclass(frozen=True)
class StraySeen:
    """Creates after something foreign lay in the folder, and after a session's own folder was deleted by hand.

    Attributes:
        calls: the creates.
    """

    calls: Calls


@dataclass(frozen=True)
class LeftSeen:
    """A session that was open while the server process ended and was started again.

    Attributes:
        pids: the process that served before, and the one after; None where none came.
        use: a request in the session after the restart; None where the server did not come back.
    """

    pids: tuple[int | None, int | None]
    use: Exchange | None


@dataclass(frozen=True)
class FolderSeen:
    """Sessions whose given folder cannot be made.

    Attributes:
        ready: whether the server became ready at all.
        calls: a create, a use and a close; none where it did not.
        session: the id.
        storage: what was kept while it was open, in every folder.
    """

    ready: bool
    calls: Calls
    session: str
    storage: Storage | None


@dataclass(frozen=True)
class WorkersSeen:
    """Sessions on a server that was asked for several processes.

    Attributes:
        pids: the processes that answered.
        uses: requests in a valid session.
        refused: those of them that were not answered 200.
        first: the first of those; None where there was none.
        storage: what was kept while the sessions were open, in every folder.
        ids: of the sessions.
    """

    pids: tuple[int, ...]
    uses: int
    refused: int
    first: Exchange | None
    storage: Storage
    ids: tuple[str, ...]


@scenario("standards-expiry", sees=TimeSeen, launch=EXPIRY, waits=SECONDS * OVER_AT, takes=0.2)
def expiry(drive: Drive) -> TimeSeen:
    """Open sessions, use one in time, and ask for all of them when their time is over; again where that came late."""
    route = mounted(drive)
    for _ in range(TRIES):
        seen = _outlived(drive, route)
        used = Lifetime.of(seen.calls["create used"], drive.seconds(SECONDS))
        if used.when(seen.calls["use in time"]) is When.IN_TIME:
            break
    return seen


def _outlived(drive: Drive, route: StateRoute) -> TimeSeen:
    names = ("quiet", "closed", "forgotten", "used")
    calls = {f"create {name}": route.create() for name in names}
    ids = {name: session_of(calls[f"create {name}"]) for name in names}
    drive.wait(SECONDS * USED_AT)
    calls["use in time"] = route.use(ids["used"])
    last = Lifetime.of(calls["create used"], drive.seconds(SECONDS)).latest
    drive.wait(max(last - drive.instance.now(), 0.0) / drive.facts.scale)
    for name in ("used", "quiet"):
        calls |= {f"{name}, first use": route.use(ids[name]), f"{name}, second use": route.use(ids[name])}
    calls["close when over"] = route.close(ids["closed"])
    calls["create when over"] = route.create()
    return TimeSeen(Calls(route.route, calls), ids, storage_of(route, *ids.values()))


@scenario("standards-stray", sees=StraySeen, launch=EXPIRY, ends=True, waits=SECONDS * OVER_AT, takes=0.1)
def stray(drive: Drive) -> StraySeen:
    """Spoil the folder of sessions and create one more; the launch is of no use to others after that."""
    route = mounted(drive)
    lost = session_of(route.create())
    storage_of(route, stray="seatrial-stray", delete=lost or "seatrial-none")
    drive.wait(SECONDS * OVER_AT)
    calls = {"create": route.create(), "create again": route.create()}
    storage_of(route, leave_nothing=True)
    return StraySeen(Calls(route.route, calls))


@scenario("standards-session-restart", sees=LeftSeen, launch=STATE, ends=True, takes=2.0)
def session_restart(drive: Drive) -> LeftSeen:
    """End the process that serves, and use a session of its time once another one does."""
    route = mounted(drive)
    if drive.facts.subject.kind != "image":
        storage_of(route, leave_nothing=True)  # on a host nobody else removes what a killed process keeps
        raise Unobserved(Untested.OUT_OF_REACH, "the server is not in a container of its own")
    session, before = session_of(route.create()), _pid(route.infer())
    route.post({}, case="leave")
    came = drive.until(lambda: not drive.instance.state().running or _pid(route.infer()) not in {None, before}, RESTART)
    if not came or not drive.instance.state().running:
        return LeftSeen((before, None), None)
    seen = LeftSeen((before, _pid(route.infer())), route.use(session))
    storage_of(route, forget=True)
    return seen


@scenario("standards-sessions-fallback", sees=FolderSeen, launch=FALLBACK, takes=0.1)
def sessions_fallback(drive: Drive) -> FolderSeen:
    """Use sessions although the folder that they are to be kept in cannot be made."""
    if drive.boot is not None and not drive.boot.ready:
        return FolderSeen(ready=False, calls=Calls(Route.MOUNTED, {}), session="", storage=None)
    route = mounted(drive)
    create = route.create()
    session = session_of(create)
    stored = storage_of(route, session)
    calls = {"create": create, "use": route.use(session), "close": route.close(session)}
    return FolderSeen(ready=True, calls=Calls(route.route, calls), session=session, storage=stored)


@scenario("standards-workers", sees=WorkersSeen, launch=WORKERS, takes=0.5)
def workers(drive: Drive) -> WorkersSeen:
    """Use a few sessions many times, each request on a connection of its own."""
    route = mounted(drive)
    ids = tuple(session_of(route.create()) for _ in range(SESSIONS))
    if not all(ids):
        raise Unobserved(Untested.PREREQUISITE, "no session could be created on the launch that asks for two workers")
    with ThreadPoolExecutor(SESSIONS) as pool:
        uses = list(pool.map(lambda number: route.use(ids[number % SESSIONS]), range(USES)))
    stored = storage_of(route, *ids)
    refused = [use for use in uses if use.status != 200]
    pids = tuple(sorted({pid for pid in map(_pid, uses) if pid is not None}))
    for session in ids:
        route.close(session)
    return WorkersSeen(pids, len(uses), len(refused), refused[0] if refused else None, stored, ids)


def _register_bad_ttl(name: str, value: str) -> None:
    @scenario(
        f"standards-ttl-{name}", sees=BrokenStart, launch=probe(f"ttl-{name}", (TTL, value), script_name="present.py"),
        starting=True, takes=2.0,
    )  # fmt: skip
    def watch(drive: Drive) -> BrokenStart:
        return watch_start(drive, f"{TTL}={value}", (TTL,))


for _each in BAD_TTLS.items():
    _register_bad_ttl(*_each)


def _pid(exchange: Exchange) -> int | None:
    found = json_of(exchange)
    return found.get("pid") if isinstance(found, dict) else None
