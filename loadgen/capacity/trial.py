"""One step of the search for the capacity: a run at one rate, and what it says about that rate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from seatrial.loadgen.capacity.rising import rising
from seatrial.loadgen.result import Interval, Verdict

if TYPE_CHECKING:
    from seatrial.loadgen.result import Result

__all__ = ["Standing", "Trial", "trial_of"]


@unique
class Standing(StrEnum):
    """What a run says about its rate."""

    KEPT = "kept"
    """Every objective is met, and the samples show it."""
    FAILED = "failed"
    """An objective is missed, and the samples show it, or requests in flight kept rising."""
    UNDECIDED = "undecided"
    """The samples cannot show either: a longer run may."""
    UNFIT = "unfit"
    """The client, or the number of connections it may open, could not offer this rate."""
    INTERRUPTED = "interrupted"
    """Ended by the user."""


@dataclass(frozen=True)
class Trial:
    """A run at one rate.

    Attributes:
        rate: requests a second that were asked for.
        seconds: of schedule that count.
        standing: what it says.
        holds: whether every objective is met by what was seen, shown or not.
        reason: one sentence: what decided.
        answered: good answers a second.
        goodput: share of requests that kept every latency objective, 0…1, with Wilson's interval.
        p50, p99: ms, response time; None where nothing succeeded.
        in_flight: at the end of each second.
    """

    rate: float
    seconds: float
    standing: Standing
    holds: bool
    reason: str
    answered: float
    goodput: float
    interval: Interval
    p50: float | None
    p99: float | None
    in_flight: tuple[int, ...] = ()


def trial_of(rate: float, seconds: float, result: Result, *, stopped: bool = False) -> Trial:
    """Read a judged run.

    Args:
        rate: what was asked for.
        seconds: how long for.
        result: of `judge`.
        stopped: whether the run was cut short because requests in flight kept rising.
    """
    # The last second holds only what is left to answer: the schedule is over by then.
    in_flight = tuple(second.in_flight for second in result.series if second.due)[: max(int(seconds), 1)]
    fill = result.service.points["p50"].value / 1000 if result.service else 0.0
    # The first moment stands a second after the begin: what takes less than that has filled up by then.
    climbs = stopped or rising(in_flight, fill=max(fill - 1.0, 0.0))
    standing, reason = _standing(result, climbs=climbs, stopped=stopped)
    points = result.response.points if result.response else {}
    return Trial(
        rate=rate,
        seconds=seconds,
        standing=standing,
        holds=standing in (Standing.KEPT, Standing.UNDECIDED) and all(each.met for each in result.objectives),
        reason=reason,
        answered=result.rate.answered,
        goodput=result.goodput.share,
        interval=result.goodput.interval,
        p50=points["p50"].value if points else None,
        p99=points["p99"].value if points else None,
        in_flight=in_flight,
    )


def _standing(result: Result, *, climbs: bool, stopped: bool) -> tuple[Standing, str]:
    if result.verdict is Verdict.INTERRUPTED and not stopped:
        return Standing.INTERRUPTED, "interrupted"
    for complaint in result.complaints:
        if complaint.cause != "server":
            return Standing.UNFIT, f"{complaint.seen}: {complaint.cure}"
    if climbs:
        return Standing.FAILED, "requests in flight kept rising"
    for complaint in result.complaints:
        return Standing.FAILED, complaint.seen
    for each in result.objectives:
        if each.shown and not each.met:
            return Standing.FAILED, f"{each.text}: {each.seen}"
    for each in result.objectives:
        if not each.shown:
            return Standing.UNDECIDED, f"{each.text}: {each.seen}, {each.note or 'not shown'}"
    return Standing.KEPT, ", ".join(f"{each.text}: {each.seen}" for each in result.objectives)
