"""Programs are invented, driven by several clients at once, judged, and made small where they fail."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from seatrial.conformance.expect import ClauseBroken, broken
from seatrial.conformance.lifecycle import LIFECYCLES, Lifecycle, explore_programs, judge_programs, run_program
from seatrial.conformance.program import Step, Taken, Trace, told
from seatrial.conformance.subject.launcher import LaunchSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seatrial.conformance.lifecycle import ExploredPrograms


@pytest.fixture(autouse=True)
def registered_lifecycles() -> Iterator[None]:
    saved = dict(LIFECYCLES)
    yield
    LIFECYCLES.clear()
    LIFECYCLES.update(saved)


def drive(*, stopped: bool = False) -> Any:
    stopping = threading.Event()
    if stopped:
        stopping.set()
    return SimpleNamespace(seed=7, stopping=stopping, instance=SimpleNamespace(spec=LaunchSpec("here")))


def remembering(_: Any) -> Callable[[Step], Taken]:
    """A subject that makes things, and forgets what was closed."""
    things: list[int] = []
    lock = threading.Lock()

    def take(step: Step) -> Taken:
        with lock:
            if step.action == "make":
                things.append(len(things))
                return Taken(step, "made")
            return Taken(step, "closed" if things and things.pop() is not None else "nothing")

    return take


def no_second_thing(trace: Trace) -> None:
    made = [taken for steps in trace.rounds for taken in steps if taken.about == "made"]
    if len(made) > 1:
        broken("second-thing", expected="one thing", observed=f"{len(made)} things")


def explored(judge: Callable[[Trace], None], **budget: int) -> ExploredPrograms:
    return explore_programs(drive(), Lifecycle("things", ("make", "close"), remembering, judge), **budget)


def test_a_rule_that_holds_is_tried_as_often_as_was_asked():
    seen = explored(lambda _: None, examples=25)
    assert (seen.tried, seen.failing, seen.seed) == (25, None, 7)
    judge_programs(seen)


def test_a_failing_program_is_made_as_small_as_it_can_be():
    seen = explored(no_second_thing, examples=60, shrinks=200)
    assert seen.failing
    assert [step.action for steps in seen.failing.program for step in steps] == ["make", "make"]
    assert "2 things" in seen.why


def test_the_budget_ends_shrinking_and_the_smallest_found_is_kept():
    seen = explored(no_second_thing, examples=60, shrinks=3)
    assert seen.failing
    assert seen.tried <= 63


def test_the_same_seed_tries_the_same_programs():
    assert explored(no_second_thing, examples=30) == explored(no_second_thing, examples=30)


def test_a_trial_that_is_given_up_drives_nothing_more():
    lifecycle = Lifecycle("things", ("make",), remembering, no_second_thing)
    assert explore_programs(drive(stopped=True), lifecycle, examples=20).tried == 0


def test_the_steps_of_a_round_are_taken_at_once_and_rounds_one_after_another():
    together = threading.Barrier(3, timeout=10)

    def take(step: Step) -> Taken:
        if step.action == "meet":
            together.wait()
        return Taken(step)

    meeting = tuple(Step("meet", target) for target in range(3))
    trace = run_program(take, (meeting, (Step("alone"),)))
    assert trace.program == (meeting, (Step("alone"),))


def test_a_verdict_keeps_the_program_for_the_replay_file():
    seen = explored(no_second_thing, examples=60, shrinks=200)
    with pytest.raises(ClauseBroken) as caught:
        judge_programs(seen)
    told_by = (caught.value.reason, caught.value.lifecycle, caught.value.launch)
    assert told_by == ("second-thing", "things", "here")
    assert seen.failing
    assert caught.value.program == seen.failing.program
    assert told(seen.failing.program) in caught.value.observed


def test_what_was_explored_is_evidence_that_can_be_read_back():
    seen = explored(no_second_thing, examples=60)
    assert msgspec.json.decode(msgspec.json.encode(seen), type=type(seen)) == seen


def test_a_driver_that_fails_is_the_harness_s_fault_and_no_finding():
    def begin(_: Any) -> Callable[[Step], Taken]:
        def take(_: Step) -> Taken:
            raise RuntimeError("the driver broke")

        return take

    with pytest.raises(RuntimeError, match="the driver broke"):
        explore_programs(drive(), Lifecycle("broken", ("make",), begin, no_second_thing), examples=5)
