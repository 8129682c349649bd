"""One measured figure, its bounds, and the words for the table."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Figure", "median", "spread"]


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: was measured.
        value: the median over the rounds; None where it could not be measured, which `seen` explains.
        unit: `times`, `ms`, `us`, `MB`, `s`, `%`, or nothing.
        floor: beyond it the bench fails; None where there is no promise.
        goal: what is aimed at.
        seen: the figures behind it, in words.
        most: the bounds are the greatest values allowed; else the least.
    """

    what: str
    value: float | None
    unit: str = ""
    floor: float | None = None
    goal: float | None = None
    seen: str = ""
    most: bool = True

    def within(self, bound: float | None) -> bool | None:
        """Whether a bound holds; None where there is no bound or no value."""
        if bound is None or self.value is None:
            return None
        return bool(self.value <= bound if self.most else self.value >= bound)

    @property
    def kept(self) -> bool:
        """Whether the floor holds, or there is none to hold."""
        return self.within(self.floor) is not False

    @property
    def verdict(self) -> str:
        """The word for the table."""
        if self.value is None:
            return "not measured"
        if self.floor is None:
            return ""
        if not self.kept:
            return "**below the floor**"
        return "floor, **not the goal**" if self.within(self.goal) is False else "goal"

    def shown(self, value: float | None) -> str:
        """A value with its unit."""
        if value is None:
            return ""
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        return f"{text} {self.unit}".strip()

    def bound(self, value: float | None) -> str:
        """A bound with its direction."""
        return "" if value is None else f"{'≤' if self.most else '≥'} {self.shown(value)}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the verdict."""
        return {**asdict(self), "verdict": self.verdict.replace("*", "")}


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return float(statistics.median(values))


def spread(values: Iterable[float]) -> str:
    """Median, and the least and greatest where there are several."""
    several = sorted(values)
    text = f"{statistics.median(several):.3g}"
    return text if len(several) == 1 else f"{text} ({several[0]:.3g} to {several[-1]:.3g})"
