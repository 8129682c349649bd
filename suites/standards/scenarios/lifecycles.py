"""Explores sessions and adapters: programs of several clients, invented by Hypothesis, each judged against a model.

A program creates, uses and closes, or loads, names and unloads, in any order and at once. On the launch whose sessions
live for a few seconds, steps may also wait until the time of a session is over; the steps of one round wait together.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from seatrial.conformance.api import (
    Drive,
    Exchange,
    ExploredPrograms,
    Lifecycle,
    Sample,
    Step,
    Taken,
    Trace,
    Unobserved,
    broken,
    explore_programs,
    scenario,
)
from seatrial.suites.standards.models import (
    Lifetime,
    When,
    about,
    impossible_adapters,
    impossible_sessions,
    when_of,
    wrongly_injected,
)
from seatrial.suites.standards.reasons import adapters, sessions
from seatrial.suites.standards.scenarios.sessions import OWN, STATE, mounted
from seatrial.suites.standards.scenarios.sessions_time import EXPIRY, SECONDS
from seatrial.suites.standards.state_routes import ADAPTER, StateRoute, session_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from seatrial.conformance.api import Program

__all__ = ["ADAPTERS", "EXPIRING", "OWN_SESSIONS", "SESSIONS"]

EXAMPLES, OWN_EXAMPLES, EXPIRING_EXAMPLES = 25, 10, 4
SHRINKS, EXPIRING_SHRINKS = 80, 6
SRC = "/seatrial/nothing"
SHAPES = tuple(
    Sample(name, "application/json", body)
    for name, body in (
        ("json-instances", b'{"instances": [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]]}'),
        ("json-prompt", b'{"prompt": "the colour of the sky is", "max_tokens": 4}'),
        ("json-messages", b'{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4}'),
        ("json-inputs", b'{"inputs": "the colour of the sky is", "parameters": {"max_new_tokens": 4}}'),
    )
)
"""Requests that one or another kind of model takes."""


class SessionDriver:
    """Takes the steps of one program about sessions; remembers what it opened.

    Args:
        drive: of the scenario.
        route: where to send requests.
        ttl: contract seconds that a session lives; zero where it outlives every program.
    """

    def __init__(self, drive: Drive, route: StateRoute, ttl: float = 0.0) -> None:
        self._drive, self._route, self._ttl = drive, route, ttl
        self._opened: list[str] = []
        self._lives: dict[str, Lifetime] = {}
        self._lock = threading.Lock()

    def __call__(self, step: Step) -> Taken:
        """Take one step."""
        if step.action == "create":
            return self._create(step)
        session = self._chosen(step)
        life = self._lives.get(session) if self._ttl else None
        if life and step.value == "late":
            self._drive.wait(max(life.latest - self._drive.instance.now(), 0.0) / self._drive.facts.scale)
        use = self._route.use if step.action == "use" else self._route.close
        exchange = use(session)
        return Taken(step, about(session, life.when(exchange) if life else When.IN_TIME), exchange)

    def _create(self, step: Step) -> Taken:
        exchange = self._route.create()
        session = session_of(exchange)
        with self._lock:
            if session:
                self._lives[session] = Lifetime.of(exchange, self._drive.seconds(self._ttl))
                self._opened.append(session)
        return Taken(step, session, exchange)

    def _chosen(self, step: Step) -> str:
        with self._lock:
            known = self._opened and step.value != "unknown"
            return self._opened[step.target % len(self._opened)] if known else str(uuid4())


class ExpiringLifecycle(Lifecycle):
    """Programs that wait cost seconds, so there are few, and each says much.

    It opens its sessions first and then does several things at once; in the end, when the time of those sessions is
    over, it uses each of them twice.
    """

    def programs(self) -> SearchStrategy[Program]:
        """The strategy that Hypothesis draws programs from."""
        from hypothesis import strategies as st  # noqa: PLC0415  it takes a third of a second, and only driving needs it

        step = st.builds(
            Step, st.sampled_from(self.actions), st.integers(0, self.targets - 1), st.sampled_from(self.values)
        )
        together = st.lists(step, min_size=2, max_size=self.clients).map(tuple)
        opened = tuple(Step("create", number) for number in range(self.targets))
        late, again = (tuple(Step("use", n, value) for n in range(self.targets)) for value in ("late", ""))
        return st.lists(together, min_size=1, max_size=self.rounds).map(lambda some: (opened, *some, late, again))


class AdapterDriver:
    """Takes the steps of one program about adapters, under names that only this program uses.

    Args:
        route: where to send requests.
    """

    def __init__(self, route: StateRoute) -> None:
        self._route, self._mark = route, uuid4().hex[:8]

    def __call__(self, step: Step) -> Taken:
        """Take one step."""
        name = f"seatrial-{self._mark}-{step.target}"
        return Taken(step, name, self._sent(step.action, name))

    def _sent(self, action: str, name: str) -> Exchange:
        if action == "load":
            return self._route.load({"name": name, "src": SRC})
        if action == "unload":
            return self._route.unload(name)
        return self._route.infer((ADAPTER, name))


def judge_sessions(trace: Trace) -> None:
    """Every session lives as the model says, whatever else happens beside it."""
    for calls in impossible_sessions(trace):
        _refuse(calls, _session_reason(calls), "what a session allows, in some order of what was asked at once")


def judge_adapters(trace: Trace) -> None:
    """Every adapter is loaded once and given up once, and a request sees the one that it names."""
    for calls in impossible_adapters(trace):
        _refuse(calls, adapters.Reason.ADAPTER_LIFE, "what an adapter allows, in some order of what was asked at once")
    for taken in wrongly_injected(trace):
        _refuse((taken,), adapters.Reason.ADAPTER_NOT_INJECTED, "the adapter that the request names")


def _session_reason(calls: tuple[Taken, ...]) -> sessions.Reason:
    """The name of what is wrong, by what was asked and answered."""
    served = [taken for taken in calls if taken.exchange and taken.exchange.ok]
    asked = {taken.step.action for taken in calls}
    if asked == {"create"}:
        return sessions.Reason.SESSION_NOT_CREATED
    if sum(taken.step.action == "close" for taken in served) > 1:
        return sessions.Reason.CLOSED_TWICE
    if any(when_of(taken) is not When.IN_TIME for taken in served):
        return sessions.Reason.EXPIRED_SERVED
    if any(taken.step.value == "unknown" for taken in served):
        return sessions.Reason.UNKNOWN_SESSION_SERVED
    return sessions.Reason.CLOSED_SESSION_SERVED if served else sessions.Reason.VALID_SESSION_REFUSED


def _refuse(calls: tuple[Taken, ...], reason: str, expected: str) -> NoReturn:
    said = "; ".join(
        f"{taken.step.action} of {taken.about}: {taken.exchange.summary if taken.exchange else 'nothing'}"
        for taken in calls
    )
    proof = tuple(taken.exchange for taken in calls if taken.exchange)
    broken(reason, expected=expected, observed=said, proof=proof)


def sample_of(drive: Drive) -> Sample:
    """A valid request; where a program is driven again and nothing was discovered, the first that is answered."""
    try:
        return drive.sample
    except Unobserved:
        candidates = (*drive.options.samples, *SHAPES)
        return next((sample for sample in candidates if drive.invoke(sample).ok), candidates[0])


SESSION_STEPS = ("create", "create", "use", "use", "close")
SESSIONS = Lifecycle(
    "sessions",
    SESSION_STEPS,
    lambda drive: SessionDriver(drive, StateRoute(drive)),
    judge_sessions,
    values=("", "", "", "unknown"),
)
OWN_SESSIONS = Lifecycle(
    "own-sessions",
    SESSION_STEPS,
    lambda drive: SessionDriver(drive, StateRoute(drive, sample_of(drive))),
    judge_sessions,
    values=("", "", "", "unknown"),
)
EXPIRING = ExpiringLifecycle(
    "expiring-sessions",
    ("use", "use", "close", "create"),
    lambda drive: SessionDriver(drive, StateRoute(drive), SECONDS),
    judge_sessions,
    values=("", "", "late"),
    targets=4,
    clients=5,
    rounds=5,
)
ADAPTERS = Lifecycle(
    "adapters",
    ("load", "load", "unload", "infer"),
    lambda drive: AdapterDriver(StateRoute(drive)),
    judge_adapters,
    targets=2,
    clients=4,
)


@scenario("standards-session-programs", sees=ExploredPrograms, launch=STATE, takes=2.0)
def session_programs(drive: Drive) -> ExploredPrograms:
    """Explore sessions of a script's echo."""
    mounted(drive)
    return explore_programs(drive, SESSIONS, examples=EXAMPLES, shrinks=SHRINKS)


@scenario("standards-own-session-programs", sees=ExploredPrograms, launch=OWN, takes=2.0)
def own_session_programs(drive: Drive) -> ExploredPrograms:
    """Explore sessions of the engine's own route, where it has some."""
    route = StateRoute(drive, drive.sample)
    session = session_of(route.create())
    if not session:
        return ExploredPrograms(OWN_SESSIONS.name, 0, 0, drive.seed)
    route.close(session)
    return explore_programs(drive, OWN_SESSIONS, examples=OWN_EXAMPLES, shrinks=SHRINKS)


@scenario("standards-expiring-programs", sees=ExploredPrograms, launch=EXPIRY, waits=15.0, takes=1.0)
def expiring_programs(drive: Drive) -> ExploredPrograms:
    """Explore sessions that live for a few seconds."""
    mounted(drive)
    return explore_programs(drive, EXPIRING, examples=EXPIRING_EXAMPLES, shrinks=EXPIRING_SHRINKS)


@scenario("standards-adapter-programs", sees=ExploredPrograms, launch=STATE, takes=2.0)
def adapter_programs(drive: Drive) -> ExploredPrograms:
    """Explore adapters of a script's handlers."""
    mounted(drive)
    return explore_programs(drive, ADAPTERS, examples=EXAMPLES, shrinks=SHRINKS)
