"""What is told of a running test, as words: the facts of a snapshot, and whether the client keeps up.

No terminal here: `live` draws, this says. The limits are those by which a finished run is judged, so whoever watches
learns of an INVALID run while it can still be stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.render.words import duration, many, ms, per_second, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.loadgen.snapshot import Snapshot

__all__ = ["line", "sparkline", "time_told", "trouble"]

BARS = "▁▂▃▄▅▆▇█"
SEND_ERROR_MS, SEND_ERROR_SHARE, BUSY, BEHIND_MS = 1.0, 0.05, 0.85, 100.0
"""Send error p99 above the first and above the second of the p50 latency; CPU above the third; requests due longer
than the fourth and not sent."""


def trouble(now: Snapshot) -> str:
    """One sentence where the client does not keep up, else nothing."""
    if not now.open_loop:
        if now.cpu is not None and now.cpu > BUSY:
            return f"client-bound: CPU {share(now.cpu)}, so the throughput is a lower bound; add --workers"
        return ""
    if now.waited:
        return (
            f"{many(now.waited, 'request')} had to wait for a free connection: "
            "the server is slower than the rate, or --max-connections is too low"
        )
    if now.behind and now.behind_ms > BEHIND_MS:
        return (
            f"the client is losing pace: {many(now.behind, 'request')} due and not sent; add --workers, "
            "or raise --max-connections where the server is slow"
        )
    limit = max(SEND_ERROR_MS, SEND_ERROR_SHARE * (now.p50 or 0.0))
    if now.send_error is not None and now.send_error > limit:
        return f"the client is losing pace: send error p99 {ms(now.send_error)} of at most {ms(limit)}; add --workers"
    if now.cpu is not None and now.cpu > BUSY:
        return f"the client is losing pace: CPU {share(now.cpu)} of at most {share(BUSY)}; add --workers"
    return ""


def line(now: Snapshot) -> str:
    """One plain line: `30.0 s of 60.0 s  asked 200.0/s  sent 200.0/s  p50 5.08 ms …`."""
    parts = [time_told(now)]
    if now.asked is not None:
        parts.append(f"asked {per_second(now.asked)}")
    parts += [
        f"sent {per_second(now.kept)}",
        f"p50 {ms(now.p50)}",
        f"p99 {ms(now.p99)}",
        f"{now.answered:,} answered",
        f"{now.failed:,} failed" + (f" ({now.faults[0][0]})" if now.faults else ""),
        f"{now.in_flight:,} in flight",
    ]
    if now.send_error is not None:
        parts.append(f"send error p99 {ms(now.send_error)}")
    if said := trouble(now):
        parts.append(said)
    return "  ".join(parts)


def time_told(now: Snapshot) -> str:
    """How far the run is: `warm-up, 3.00 s of 60.0 s`, `all sent, 12 answers to come`."""
    if now.total_s is not None and now.elapsed_s >= now.total_s:
        return f"all due, {many(now.in_flight + now.behind, 'answer')} to come"
    told = duration(now.elapsed_s)
    if now.total_s is not None:
        told += f" of {duration(now.total_s)}"
    elif now.total_requests is not None:
        told += f", {now.answered + now.failed:,} of {many(now.total_requests, 'request')}"
    return f"warm-up, {told}" if now.warming else told


def sparkline(values: Iterable[float | None], width: int) -> str:
    """The last values as a row of bars, from zero to the greatest of them; what is None is left out."""
    shown = [value for value in values if value is not None][-width:]
    top = max(shown, default=0.0)
    if top <= 0:
        return BARS[0] * len(shown)
    return "".join(BARS[min(int(value / top * len(BARS)), len(BARS) - 1)] for value in shown)
