"""What a request costs the client: CPU of its process, closed loop, 32 kept connections, 128 bytes there, 64 back.

Each client runs short and long; the difference of the two, over the difference of their requests, is the price: what it
costs to start is not in it. Requests are counted by the server.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from bench.load.child import SERVER
from bench.load.clients import CONNECTIONS, aiohttp, has_locust, locust, ours, scratch, wrk
from bench.load.figure import Figure, median, spread
from truth.serve import Form, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.load.child import Ran

__all__ = ["price"]

BOUNDS = {"Locust FastHttpUser": (1 / 8, 1 / 14), "aiohttp + uvloop": (1 / 6, 1 / 10), "wrk": (4.0, 2.5)}


def _ours(url: str, seconds: float) -> Ran:
    with scratch() as folder:
        return ours(url, folder, "-n", f"{seconds * 25_000:.0f}", "-c", str(CONNECTIONS))[0]


def _aiohttp(url: str, seconds: float) -> Ran:
    return aiohttp("closed", f"{url}/invocations", f"{seconds * 6000:.0f}", str(CONNECTIONS))


def _locust(url: str, seconds: float) -> Ran:
    with scratch() as folder:
        return locust(url, folder, users=CONNECTIONS, seconds=seconds)


def _clients() -> dict[str, Callable[[str, float], Ran | None]]:
    clients: dict[str, Callable[[str, float], Ran | None]] = {
        "loadgen": _ours,
        "wrk": wrk,
        "aiohttp + uvloop": _aiohttp,
    }
    return {**clients, "Locust FastHttpUser": _locust} if has_locust() else clients


def _one(client: Callable[[str, float], Ran | None]) -> float | None:
    """Microseconds a request, once."""
    spent: list[tuple[float, int]] = []
    for seconds in (1.0, 4.0):
        with serve(Form.C, SERVER, delay_ms=0, spin=1) as truth:
            ran = client(truth.url, seconds)
            if ran is None:
                return None
            spent.append((ran.cpu, len(truth.stop().requests)))
    (short, few), (long, many) = spent
    return (long - short) / (many - few) * 1e6


def price(rounds: int) -> list[Figure]:
    """Measure all clients in turn, that many times."""
    cost: dict[str, list[float]] = defaultdict(list)
    clients = _clients()
    for _ in range(rounds):
        for name, client in clients.items():
            if (took := _one(client)) is not None:
                cost[name].append(took)
    figures = []
    for name, (floor, goal) in BOUNDS.items():
        what = f"CPU of a request, loadgen / {name}"
        if cost[name]:
            ratio = median(a / b for a, b in zip(cost["loadgen"], cost[name], strict=True))
            seen = f"{spread(cost['loadgen'])} us and {spread(cost[name])} us"
            figures.append(Figure(what, ratio, "times", floor, goal, seen))
        else:
            figures.append(Figure(what, None, "times", floor, goal, f"{name} is not installed here"))
    return figures


if __name__ == "__main__":
    for figure in price(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
