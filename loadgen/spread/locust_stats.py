"""Fills Locust's statistics from what an engine tells now and then, rounded as Locust rounds everything.

For its web UI and its CSV files; no figure of ours comes from here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from locust.stats import StatsError

from seatrial.loadgen.spread.gauge import bucket_middle

if TYPE_CHECKING:
    from locust.stats import RequestStats, StatsEntry

    from seatrial.loadgen.spread.messages import Look

__all__ = ["feed"]

MS = 1e6


def feed(stats: RequestStats, label: str, look: Look) -> None:
    """Add what is new.

    Args:
        stats: Locust's.
        label: the row of its table.
        look: of an engine.
    """
    now = time.time()
    times: dict[int, int] = {}
    for bucket, count in look.latency.items():
        rounded = _two_digits(bucket_middle(bucket) / MS)
        times[rounded] = times.get(rounded, 0) + count
    for entry in (stats.total, stats.get(label, "")):
        _add(entry, times, look, now)
    for title, count in look.failures.items():
        error = stats.errors.setdefault(StatsError.create_key("", label, title), StatsError("", label, title))
        error.occurrences += count
        error.first_seen, error.last_seen = error.first_seen or now, now


def _add(entry: StatsEntry, times: dict[int, int], look: Look, now: float) -> None:
    failed = sum(look.failures.values())
    count = sum(times.values()) + failed
    if not count:
        return
    entry.num_requests += count
    entry.num_none_requests += failed  # no time counts of what failed, as everywhere else in a report of ours
    entry.num_failures += failed
    entry.num_reqs_per_sec[int(now)] += count
    entry.num_fail_per_sec[int(now)] += failed
    entry.total_content_length += look.received
    entry.last_request_timestamp = now
    for rounded, number in times.items():
        entry.response_times[rounded] += number
        entry.total_response_time += rounded * number
        entry.max_response_time = max(entry.max_response_time, rounded)
        least = entry.min_response_time
        entry.min_response_time = rounded if least is None else min(least, rounded)


def _two_digits(ms: float) -> int:
    """Round as Locust does: to a millisecond, and to two digits above a hundred."""
    return round(round(ms), -max(0, len(str(round(ms))) - 2))
