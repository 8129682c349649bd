"""Numbers as people read them, for the sentences of warnings, complaints and objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.plan import Arrivals

if TYPE_CHECKING:
    from seatrial.loadgen.plan import Load

__all__ = ["count", "load_words", "per_cent", "rhythm_words", "time"]


def time(ns: float) -> str:
    """Return a time with three digits and its unit: `182 ms`, `1.24 s`, `85.0 µs`."""
    for limit, divisor, unit in ((1e3, 1.0, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms")):
        if abs(ns) < limit:
            return f"{_three(ns / divisor)} {unit}"
    return f"{_three(ns / 1e9)} s"


def _three(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 100 or value == 0 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def per_cent(share: float) -> str:
    """Return a share in per cent, exact enough that 99.95 % and 0.04 % do not round to all and nothing."""
    value = share * 100
    close = min(abs(value), abs(100 - value))
    digits = 0 if close in (0, 100) else 1 if close >= 1 else 2 if close >= 0.1 else 3
    return f"{value:.{digits}f} %"


def count(number: float) -> str:
    """Return a number with its thousands apart: `12,345`."""
    return f"{number:,.0f}"


def rhythm_words(load: Load) -> str:
    """Return the rhythm of an open loop in words; empty in a closed one."""
    if not load.open_loop:
        return ""
    if load.arrivals is Arrivals.TRACE:
        return f"trace {load.trace.name if load.trace else ''}".strip()
    words = str(load.arrivals)
    if load.burstiness is not None and load.arrivals is Arrivals.GAMMA:
        words += f" of shape {load.burstiness:g}"
    if load.arrivals is Arrivals.BURST:
        words += f"s of {load.burstiness or 10:.0f}"
    if load.ramp:
        words += f", {load.ramp.first:g} to {load.ramp.last:g} a second"
    return words


def load_words(load: Load) -> str:
    """Return the load in words: `1,000 requests, 0.5 a second, constant, open loop`."""
    size = f"{count(load.requests)} requests" if load.requests is not None else ""
    if load.duration_s is not None:
        size = f"{size} in at most {load.duration_s:g} s" if size else f"{load.duration_s:g} s"
    if not load.open_loop:
        return ", ".join(part for part in (size, f"{load.concurrency} at a time", "closed loop") if part)
    rate = "" if load.ramp or load.rate is None else f"{load.rate:g} a second"
    return ", ".join(part for part in (size, rate, rhythm_words(load), "open loop") if part)
