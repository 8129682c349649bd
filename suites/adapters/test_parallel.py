"""Judges many adapters at once."""

from seatrial.conformance.api import ExploredPrograms, Untested, clause, expect, judge_programs, observed, untested
from seatrial.suites.adapters.answers import NOBODY
from seatrial.suites.adapters.reasons import Reason
from seatrial.suites.adapters.scenarios.parallel import ParallelSeen
from seatrial.suites.adapters.telling import shown

BUSY = frozenset({429, 503})
WRONG = {"": Reason.PARALLEL_CALL_FAILED, NOBODY: Reason.ADAPTERS_BLENDED}
"""By who answers; an answer that each alone does not give either is one that varies, and tells nothing."""


@clause("lora.parallel-separate")
def test_parallel_separate(adapters_parallel: ParallelSeen) -> None:
    """Rows of many adapters share a step; nobody may hear another's words."""
    seen = adapters_parallel
    steady = all(tally.heard != NOBODY for tally in seen.alone)
    for tally in seen.mixed:
        call = tally.example
        judged = expect(
            tally.heard in {tally.asked, *(() if steady else (NOBODY,))} or call.status in BUSY,
            f"{tally.calls} requests for {tally.asked} are answered by {tally.heard or 'no one'}: {shown(call)}",
            proof=call,
        )
        judged.to_be_true(reason=WRONG.get(tally.heard, Reason.WRONG_ADAPTER), expected=f"answers by {tally.asked}")
    right = sum(tally.calls for tally in seen.mixed if tally.heard == tally.asked)
    if not right:
        untested(Untested.PREREQUISITE, "no answer could be told from another: answers vary when made together")
    observed(f"{right} of {sum(tally.calls for tally in seen.mixed)} answers recognised, {seen.names} names")


@clause("lora.lifecycle")
def test_lifecycle(adapters_programs: ExploredPrograms) -> None:
    """Adapters come and go while others answer in the same step."""
    judge_programs(adapters_programs)
    observed(f"{adapters_programs.tried} programs of {adapters_programs.steps} steps in all")
