"""What all machines say of a run while it goes on, as one snapshot for the live view."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from seatrial.loadgen.snapshot import Snapshot
from seatrial.loadgen.spread.gauge import bucket_middle

if TYPE_CHECKING:
    from seatrial.loadgen.plan import Load
    from seatrial.loadgen.spread.messages import Look

__all__ = ["Chorus"]

FEW, LEAST_S, MOST_S = 10, 1.0, 120.0
"""Latencies are of the last second; where it holds too few answers, of as many seconds as hold this number."""
MS = 1e6


class Chorus:
    """Collects looks.

    Args:
        load: of the whole run.
        total_s: length of the schedule; None where only the number of requests is known.
    """

    def __init__(self, load: Load, total_s: float | None) -> None:
        self._load, self._total_s = load, total_s
        self._last: dict[str, Look] = {}
        self._heard: deque[tuple[float, Counter[int]]] = deque()
        self._faults: Counter[str] = Counter()

    def add(self, who: str, look: Look) -> None:
        """Hear a machine."""
        self._last[who] = look
        self._faults.update(look.failures)
        self._heard.append((look.elapsed_s, Counter(look.latency)))
        while self._heard and self._heard[0][0] < look.elapsed_s - MOST_S:
            self._heard.popleft()

    def snapshot(self) -> Snapshot | None:
        """Return how the whole run stands; None before anybody has spoken."""
        looks = list(self._last.values())
        if not looks:
            return None
        elapsed = max(look.elapsed_s for look in looks)
        latency = self._latency(elapsed)
        asked = [look.asked for look in looks if look.asked is not None]
        return Snapshot(
            elapsed_s=elapsed,
            total_s=self._total_s,
            total_requests=self._load.requests,
            open_loop=self._load.open_loop,
            warming=elapsed < self._load.warmup_s,
            due=sum(look.due for look in looks),
            sent=sum(look.sent for look in looks),
            answered=sum(look.answered for look in looks),
            failed=sum(look.failed for look in looks),
            in_flight=sum(look.in_flight for look in looks),
            window_s=max(look.window_s for look in looks),
            asked=sum(asked) if asked else None,
            kept=sum(look.kept for look in looks),
            answers=sum(look.answers for look in looks),
            p50=_percentile(latency, 0.5),
            p99=_percentile(latency, 0.99),
            # Of the machine that is worst off: that is the one to look after.
            send_error=max((look.send_error for look in looks if look.send_error is not None), default=None),
            waited=sum(look.waited for look in looks),
            behind=sum(look.behind for look in looks),
            behind_ms=max(look.behind_ms for look in looks),
            faults=tuple(self._faults.most_common()),
            history=(),
            cpu=max((look.cpu for look in looks if look.cpu is not None), default=None),
        )

    def _latency(self, elapsed: float) -> Counter[int]:
        found: Counter[int] = Counter()
        for at, counts in reversed(self._heard):
            if at < elapsed - LEAST_S and found.total() >= FEW:
                break
            found.update(counts)
        return found


def _percentile(counts: Counter[int], share: float) -> float | None:
    """Return a percentile as ms, a per cent wide; None without any answer."""
    wanted, seen = share * counts.total(), 0
    for bucket, count in sorted(counts.items()):
        seen += count
        if seen >= wanted:
            return bucket_middle(bucket) / MS
    return None
