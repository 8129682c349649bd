"""A plan of sixty launches: two at a time, none beside a timed scenario, and with the time that so many take."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from support.tiny import Seen, clause_toml

from seatrial.conformance.allowance import DRIVING, driving_seconds
from seatrial.conformance.conductor import Conductor
from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.result import Plan, PlannedLaunch
from seatrial.conformance.scenario import JUDGES, Judge, scenario
from seatrial.conformance.subject.launcher import Ability, Address, LaunchSpec, State, SubjectFacts
from seatrial.conformance.subject.logs import LogBook
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.contract import Catalogue

    Write = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("registered")
LAUNCHES, EVERY = 60, 12
"""So many launches, each so manieth of them with a scenario that measures short times."""


class Healthy(BaseHTTPRequestHandler):
    """Answers 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815  the library's own name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own name
        del format, args


@dataclass
class Log:
    """What happened when, seconds."""

    starts: list[tuple[float, float]] = field(default_factory=list)
    drives: list[tuple[float, float]] = field(default_factory=list)
    timed: list[tuple[float, float]] = field(default_factory=list)


class Boat:
    """A server in a thread of ours, as an instance; a start takes a while, as every start does."""

    def __init__(self, spec: LaunchSpec, log: Log) -> None:
        self.spec = spec
        self._origin = time.monotonic()
        self.logs = LogBook(self._origin)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Healthy, bind_and_activate=False)
        self._server.server_bind()
        self.address = Address("127.0.0.1", self._server.server_address[1])
        self._alive, self._log = True, log
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        time.sleep(0.02)
        self._log.starts.append((self._origin, time.monotonic()))
        self._server.server_activate()
        self._server.serve_forever(0.01)

    def now(self) -> float:
        return time.monotonic() - self._origin

    def state(self) -> State:
        return State(running=self._alive)

    def listeners(self) -> tuple[()]:
        return ()

    def processes(self) -> tuple[()]:
        return ()

    def stop(self) -> None:
        if self._alive:
            self._alive = False
            self._server.shutdown()
            self._server.server_close()


class Fleet:
    """Launches boats."""

    parallel = True
    abilities = frozenset({Ability.FRESH_INSTANCE, Ability.ENV})

    def __init__(self, log: Log) -> None:
        self._log = log

    def launch(self, spec: LaunchSpec) -> Boat:
        return Boat(spec, self._log)


@pytest.fixture
def catalogue(suites: Write) -> Catalogue:
    return load_catalogue((), suites("".join(clause_toml(f"a.n{number}") for number in range(LAUNCHES))))


@pytest.fixture
def log() -> Log:
    log = Log()

    def register(number: int) -> None:
        timed = number % EVERY == 0
        spans = log.timed if timed else log.drives

        @scenario(f"n{number}", sees=Seen, launch=LaunchSpec(f"launch-{number}"), timed=timed, takes=0.01)
        def run(drive: object) -> Seen:
            del drive
            began = time.monotonic()
            time.sleep(0.01)
            spans.append((began, time.monotonic()))
            return Seen(number)

        name = f"n{number}"
        JUDGES[f"a.{name}"] = Judge(f"a.{name}", lambda **_: None, (name,), frozenset(), __name__, 1)

    for number in range(LAUNCHES):
        register(number)
    return log


def test_sixty_launches_are_driven_two_at_a_time_and_none_beside_a_timed_scenario(catalogue: Catalogue, log: Log):
    facts = TrialFacts(SubjectFacts("process", "boats"), Fleet.abilities, window=20.0)
    conductor = Conductor(
        Fleet(log), TrialOptions(), catalogue, list(catalogue.clauses), record=Record(facts), redactor=Redactor()
    )
    conductor.start()
    conductor.finish(lambda _: None)
    assert conductor.fatal is None
    assert (len(log.drives) + len(log.timed), len(log.starts)) == (LAUNCHES, LAUNCHES + 1)
    others = [*log.starts, *log.drives]
    assert [(mine, other) for mine in log.timed for other in others if overlap(mine, other)] == []
    assert any(overlap(start, drive) for start in log.starts for drive in log.drives)


def test_a_large_plan_is_given_the_time_that_it_expects():
    def plan(launches: int) -> Plan:
        return Plan(tuple(PlannedLaunch(f"n{n}", "", (), waits=1.0, takes=4.0) for n in range(launches)))

    assert driving_seconds(plan(3), soak=False) == DRIVING
    assert driving_seconds(plan(80), soak=False) == 3 * 80 * 5.0


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
