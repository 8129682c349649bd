"""Drives sessions that the engine manages itself: a script's handlers create and close, and sessions are not on."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Unobserved, Untested, scenario
from seatrial.suites.standards.scenarios.failures import BrokenStart, watch_start
from seatrial.suites.standards.scenarios.probing import probe
from seatrial.suites.standards.scenarios.sessions import no_override
from seatrial.suites.standards.state_routes import Calls, StateRoute, json_of, session_of

__all__ = ["CAPACITY", "REASON", "ManagedSeen", "OnlyCreateSeen"]

CAPACITY, REASON = 1024, "seatrial"
MANAGED = probe(
    "engine-sessions",
    ("SAGEMAKER_TRANSFORMS_CREATE_SESSION_DEFAULTS", f'{{"body.capacity": {CAPACITY}}}'),
    ("SAGEMAKER_TRANSFORMS_CLOSE_SESSION_DEFAULTS", f'{{"body.reason": "{REASON}"}}'),
    ("SEATRIAL_SESSION_ID_PATH", 'body.session_id || headers."X-Session-Id"'),
    script_name="managed.py",
)
ONLY_CREATE = probe(
    "engine-sessions-create", ("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "true"), ("SEATRIAL_SESSION_ID_PATH", "body"),
    ("SEATRIAL_CLOSE", "off"), script_name="managed.py",
)  # fmt: skip
TOKEN = "SAGEMAKER_TRANSFORMS_SEATRIAL_DEFAULTS"  # noqa: S105  # the name of a variable, no secret
BAD_DEFAULTS = probe("engine-sessions-bad-defaults", (TOKEN, "{bad"), script_name="present.py")
UNKNOWN = "seatrial-nobody"


@dataclass(frozen=True)
class ManagedSeen:
    """Sessions that the engine manages itself.

    Attributes:
        calls: by what was sent.
        session: the id that the first create gave.
        asked: what the engine was asked for at the first create and at the first close.
    """

    calls: Calls
    session: str
    asked: dict[str, dict[str, str | int | None]]


@dataclass(frozen=True)
class OnlyCreateSeen:
    """An engine that creates sessions itself but does not close them.

    Attributes:
        calls: a create and a close.
        session: the id that the create gave.
    """

    calls: Calls
    session: str


@scenario("standards-engine-sessions", sees=ManagedSeen, launch=MANAGED, takes=0.3)
def engine_sessions(drive: Drive) -> ManagedSeen:
    """Create, use and close; then let the engine misbehave in every way."""
    route = _answering(drive)
    create = route.create()
    session = session_of(create)
    calls = {
        "create": create,
        "use": route.use(session),
        "use of an unknown id": route.use(UNKNOWN),
        "create with another field": route.post({"requestType": "NEW_SESSION", "capacity": 2}),
        "close": route.close(session),
        "close after close": route.close(session),
    }
    asked = json_of(route.post({}, case="seen")) or {}
    calls |= {
        "close without an id": route.close(),
        "close of an empty id": route.close(""),
        "close of an unknown id": route.close(UNKNOWN),
        "create, id in a header": route.create(case="header"),
        "create, no id": route.create(case="missing"),
        "create, 503": route.create(case="unavailable"),
        "create, 409": route.create(case="conflict"),
        "create, a bug": route.create(case="bug"),
        "create, 201": route.create(case="created"),
    }
    route.post({}, case="strict")
    calls["create, invalid for the engine"] = route.create()
    route.post({}, case="lenient")
    return ManagedSeen(Calls(route.route, calls), session, asked)


@scenario("standards-only-create", sees=OnlyCreateSeen, launch=ONLY_CREATE, takes=0.1)
def only_create(drive: Drive) -> OnlyCreateSeen:
    """Create a session that the engine gives as a bare text, and close one that only the engine knows."""
    route = _answering(drive)
    create = route.create()
    session = session_of(create)
    return OnlyCreateSeen(Calls(route.route, {"create": create, "close": route.close(session or UNKNOWN)}), session)


@scenario("standards-bad-defaults", sees=BrokenStart, launch=BAD_DEFAULTS, starting=True, takes=2.0)
def bad_defaults(drive: Drive) -> BrokenStart:
    """Start with a variable of defaults that is no JSON."""
    return watch_start(drive, f"{TOKEN} is no JSON", (TOKEN,))


def _answering(drive: Drive) -> StateRoute:
    """The script's routes.

    Raises:
        Unobserved: the script's handler does not answer; why, is the business of other clauses.
    """
    route = StateRoute(drive)
    first = route.post({}, case="seen")
    if json_of(first) != {}:
        raise Unobserved(Untested.PREREQUISITE, no_override(first))
    return route
