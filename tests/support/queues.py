"""Queues whose behaviour is known from theory: servers that need no socket."""

from __future__ import annotations

import heapq

import numpy as np

__all__ = ["served"]


def served(arrivals: np.ndarray, service: np.ndarray, servers: int = 1) -> np.ndarray:
    """Return when each request leaves a queue that is served first come, first served.

    Args:
        arrivals: seconds, in order.
        service: seconds of work of each.
        servers: how many work side by side.
    """
    if servers == 1:
        # Lindley's recursion, unrolled: what is left of the work is a running maximum.
        done = np.cumsum(service)
        return np.asarray(np.maximum.accumulate(arrivals - done + service) + done)
    free = [0.0] * servers
    leaves = np.empty(len(arrivals))
    for at, (arrival, work) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
        leaves[at] = max(heapq.heappop(free), arrival) + work
        heapq.heappush(free, leaves[at])
    return leaves
