"""Lifecycles explored with Hypothesis: it invents programs, a scenario runs them, a pure judge reads the traces.

What a step means, the lifecycle's own driver says. The budget and the seed are fixed. A failing program is shrunk, its
trace is kept in the evidence, and `seatrial replay` drives it again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from seatrial.conformance.drive import Drive
from seatrial.conformance.expect import ClauseBroken
from seatrial.conformance.explore import invent
from seatrial.conformance.program import Program, Step, Taken, Trace, told

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["LIFECYCLES", "ExploredPrograms", "Lifecycle", "explore_programs", "judge_programs", "run_program"]


@dataclass(frozen=True)
class ExploredPrograms:
    """What exploring a lifecycle found.

    Attributes:
        lifecycle: its name.
        tried: how many programs were driven, shrinking included.
        steps: how many steps they had in all.
        seed: that Hypothesis was given.
        failing: the smallest program found that breaks the rule, as it was driven; None where none did.
        why: what the judge said of it.
        launch: the name of the launch on which it was explored.
    """

    lifecycle: str
    tried: int
    steps: int
    seed: int
    failing: Trace | None = None
    why: str = ""
    launch: str = ""


LIFECYCLES: dict[str, Lifecycle] = {}


@dataclass(frozen=True)
class Lifecycle:
    """How the programs of one lifecycle are made, driven and judged. Making one registers it.

    Attributes:
        name: kebab-case; replay files name it.
        actions: the words that steps are made of; one that stands twice comes twice as often.
        begin: makes the driver of one program, with a memory of its own: it takes a step and says what became of it,
            from several threads at once.
        judge: pure; raises `ClauseBroken` (as `expect` and `broken` do) where a trace breaks the rule.
        values: that a step may carry.
        targets: how many different things a program speaks of at most.
        clients: how many steps a round has at most.
        rounds: how many rounds a program has at most.
    """

    name: str
    actions: tuple[str, ...]
    begin: Callable[[Drive], Callable[[Step], Taken]]
    judge: Callable[[Trace], None]
    values: tuple[str, ...] = ("",)
    targets: int = 3
    clients: int = 3
    rounds: int = 8

    def __post_init__(self) -> None:
        LIFECYCLES[self.name] = self

    def programs(self) -> SearchStrategy[Program]:
        """The strategy that Hypothesis draws programs from."""
        from hypothesis import strategies as st  # noqa: PLC0415  it takes a third of a second, and only driving needs it

        step = st.builds(
            Step, st.sampled_from(self.actions), st.integers(0, self.targets - 1), st.sampled_from(self.values)
        )
        together = st.lists(step, min_size=1, max_size=self.clients).map(tuple)
        return st.lists(together, min_size=1, max_size=self.rounds).map(tuple)


def run_program(take: Callable[[Step], Taken], program: Program) -> Trace:
    """Drive one program: round after round, the steps of a round at once."""
    rounds = []
    with ThreadPoolExecutor(max(map(len, program), default=1), thread_name_prefix="client") as clients:
        for steps in program:
            alone = len(steps) == 1
            rounds.append((take(steps[0]),) if alone else tuple(clients.map(take, steps)))
    return Trace(tuple(rounds))


def explore_programs(drive: Drive, lifecycle: Lifecycle, *, examples: int, shrinks: int = 40) -> ExploredPrograms:
    """Drive invented programs, and make a failing one as small as the budget allows.

    Args:
        drive: of the scenario.
        lifecycle: whose programs.
        examples: how many programs to try where all hold.
        shrinks: how many smaller ones to try once one failed.
    """
    tried, steps, left = 0, 0, examples + shrinks
    failing: list[tuple[Trace, str]] = []

    def example(program: Program) -> None:
        nonlocal tried, steps, left
        if left <= 0 or drive.stopping.is_set():
            return
        left = min(left - 1, shrinks) if failing else left - 1
        tried, steps = tried + 1, steps + sum(map(len, program))
        trace = run_program(lifecycle.begin(drive), program)
        try:
            lifecycle.judge(trace)
        except AssertionError as broken:
            failing.append((trace, str(broken)))
            raise

    failure = invent(lifecycle.programs(), example, examples=examples, seed=drive.seed)
    if failure is not None and not failing:
        raise failure
    found, why = min(failing, key=lambda one: _size(one[0].program), default=(None, ""))
    return ExploredPrograms(lifecycle.name, tried, steps, drive.seed, found, why, drive.instance.spec.name)


def judge_programs(explored: ExploredPrograms) -> None:
    """Judge what exploring found, for a clause: the failing trace once more, so that the verdict keeps its program.

    Raises:
        ClauseBroken: a program broke the rule; it carries the program, for the replay file.
    """
    if explored.failing is None:
        return
    try:
        LIFECYCLES[explored.lifecycle].judge(explored.failing)
    except ClauseBroken as broken:
        _with_program(broken, explored, explored.failing)


def _with_program(broken: ClauseBroken, explored: ExploredPrograms, trace: Trace) -> NoReturn:
    proof = broken.proof or trace.exchanges
    raise ClauseBroken(
        broken.reason, expected=broken.expected, observed=f"{broken.observed}; the program: {told(trace.program)}",
        proof=proof, lifecycle=explored.lifecycle, program=trace.program, launch=explored.launch,
    ) from broken  # fmt: skip


def _size(program: Program) -> tuple[int, int, str]:
    return sum(map(len, program)), len(program), repr(program)
