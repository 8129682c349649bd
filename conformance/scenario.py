"""How a scenario declares itself: what it sees, on which launch, and what it costs.

A scenario is the only code that touches a subject. It takes a `Drive` and returns one frozen dataclass, its
observation. Importing a profile's `scenarios` registers them here; the conductor decides which run, when,
and on which instance.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.conformance.drive import Drive
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.subject.launcher import LaunchSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["JUDGES", "MAIN", "SCENARIOS", "SPARE", "Judge", "Scenario", "clause", "load_suite", "scenario"]

MAIN = LaunchSpec("main")
"""The launch that most scenarios share: exactly what the platform does."""

SPARE = LaunchSpec("spare")
"""For a scenario that ends any ready instance: the plan gives it one that no other scenario ends, or one more start."""


@dataclass(frozen=True)
class Scenario:
    """One way to drive a subject, see `scenario`."""

    name: str
    sees: type[Any]
    run: Callable[[Drive], Any]
    launch: LaunchSpec | None = MAIN
    alongside: bool = False
    timed: bool = False
    ends: bool = False
    starting: bool = False
    waits: float = 0.0
    takes: float = 1.0
    soak: bool = False
    inputs: tuple[str, ...] = ()
    pointless: Callable[[TrialFacts], str] | None = None


@dataclass(frozen=True)
class Judge:
    """The pure function that judges one clause, and the names of the observations that it takes."""

    clause: str
    judge: Callable[..., None]
    takes: tuple[str, ...]
    optional: frozenset[str]
    module: str
    line: int


SCENARIOS: dict[str, Scenario] = {}
JUDGES: dict[str, Judge] = {}


def scenario(
    name: str,
    *,
    sees: type[Any],
    launch: LaunchSpec | None = MAIN,
    alongside: bool = False,
    timed: bool = False,
    ends: bool = False,
    starting: bool = False,
    waits: float = 0.0,
    takes: float = 1.0,
    soak: bool = False,
    inputs: tuple[str, ...] = (),
    pointless: Callable[[TrialFacts], str] | None = None,
) -> Callable[[Callable[[Drive], Any]], Callable[[Drive], Any]]:
    """Register a function as a scenario.

    Args:
        name: kebab-case; a clause's test takes its observation as the parameter of that name with underscores.
        sees: the frozen dataclass that it returns.
        launch: the launch that it drives, `SPARE` for any; None where it needs no instance (it reads `drive.facts`).
        alongside: it runs in a thread of its own beside the others of its launch: cheap, mostly waiting.
        timed: it measures short times, so no instance is started or driven elsewhere meanwhile.
        ends: it stops or kills the instance, so it runs last; one at most for each launch.
        starting: it begins at once after the launch instead of waiting for the first 200; such a launch has no boot.
        waits: seconds that it deliberately sits out, for the plan.
        takes: seconds of driving expected, for the plan.
        soak: it runs only with `--trial-soak`.
        inputs: what the user must have offered (`slow-sample`, `bad-model-dir`); without it, it is not run.
        pointless: says from the facts of the trial why driving it would show nothing (a label that it tries is not
            set); an empty text runs it.
    """

    def register(run: Callable[[Drive], Any]) -> Callable[[Drive], Any]:
        SCENARIOS[name] = Scenario(
            name, sees, run, launch, alongside, timed, ends, starting, waits, takes, soak, inputs,
            pointless,
        )  # fmt: skip
        return run

    return register


def clause(clause_id: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a pure function of observations as the judge of a clause.

    Its parameters name what it takes: an observation (`ping_forms` for the scenario `ping-forms`), `boot` (of the main
    launch), `samples`, `limit` (the clause's numbers, times scaled), `facts` (of the trial). A parameter with the
    default None is optional: the clause is judged also where that could not be observed.
    """

    def register(judge: Callable[..., None]) -> Callable[..., None]:
        code = judge.__code__
        takes = tuple(code.co_varnames[: code.co_argcount])
        optional = frozenset(takes[len(takes) - len(judge.__defaults__ or ()) :])
        JUDGES[clause_id] = Judge(clause_id, judge, takes, optional, judge.__module__, code.co_firstlineno)
        return judge

    return register


def load_suite(profiles: Iterable[str]) -> None:
    """Import the scenarios and the tests of some profiles, which registers them."""
    for name in profiles:
        package = importlib.import_module(f"seatrial.suites.{name}")
        importlib.import_module(f"seatrial.suites.{name}.scenarios")
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.startswith("test_"):
                importlib.import_module(f"seatrial.suites.{name}.{module.name}")
