"""A comparison as a table: what was, what is, by how much, how sure, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.compare.comparison import Change
from seatrial.loadgen.measure.words import per_cent, time

if TYPE_CHECKING:
    from seatrial.loadgen.compare.comparison import Comparison, Difference

__all__ = ["told"]

SAID = {Change.BETTER: "better", Change.WORSE: "WORSE", Change.SAME: "the same", Change.UNSHOWN: "not shown"}


def told(comparison: Comparison) -> str:
    """Return the table and the sentence below it, without colour."""
    lines = [f"{'':<12} {'before':>11} {'after':>11} {'change':>9}   {'95 % together':<20} shown"]
    lines += [_line(each) for each in comparison.differences]
    lines += ["", *(f"note: {remark}" for remark in comparison.remarks), _sentence(comparison)]
    return "\n".join(lines) + "\n"


def _line(each: Difference) -> str:
    low, high = each.interval.low, each.interval.high
    points = each.unit == "share"
    between = (
        f"{_signed(low, points)} … {_signed(high, points)}"
        if low is not None and high is not None
        else "too few samples"
    )
    before, after = _amount(each, each.before), _amount(each, each.after)
    change = _signed(each.change, points) if each.change is not None else "-"
    return f"{each.quantity:<12} {before:>11} {after:>11} {change:>9}   {between:<20} {SAID[each.shown]}"


def _amount(of: Difference, value: float) -> str:
    if of.unit == "ms":
        return time(value * 1e6)
    return per_cent(value) if of.unit == "share" else f"{value:,.4g}/s"


def _signed(change: float, points: bool) -> str:
    """Return a relative change in per cent, or a difference of shares in percentage points."""
    return f"{change * 100:+.2f} pp" if points else f"{change:+.1%}".replace("%", " %")


def _sentence(comparison: Comparison) -> str:
    threshold = per_cent(comparison.threshold)
    if comparison.worse:
        names = ", ".join(
            f"{each.quantity} {_signed(each.change or 0.0, each.unit == 'share')}" for each in comparison.worse
        )
        return f"slower: {names}"
    if comparison.better:
        names = ", ".join(
            f"{each.quantity} {_signed(each.change or 0.0, each.unit == 'share')}" for each in comparison.better
        )
        return f"faster: {names}; nothing is shown to be worse"
    if all(each.shown is Change.SAME for each in comparison.differences):
        return f"no difference can be shown: every quantity is the same within {threshold}"
    return f"no difference of {threshold} or more can be shown; longer runs narrow the intervals"
