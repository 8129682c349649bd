"""The highest rate that is held: send error p99 under 2 ms, under 60 % of a core, 99 % of the rate."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from bench.load.child import SERVER
from bench.load.clients import aiohttp, ours_observed, scratch
from bench.load.figure import Figure, median, spread
from truth.log import percentile
from truth.match import of_the_run
from truth.serve import Form, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.load.child import Ran
    from truth.log import Log, Times

__all__ = ["hold"]

LADDER = (500, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 10_000, 12_000, 16_000, 20_000)
SECONDS = 2.5
LATE_MS, SHARE, KEPT = 2.0, 0.6, 0.99


def _held(log: Log, arrived: Times, intended: Times, ran: Ran) -> bool:
    if len(arrived) < len(intended):
        return False
    late = percentile((np.sort(arrived) - np.sort(intended)) / 1e6, 99)
    kept = (intended[-1] - intended[0]) / (arrived.max() - arrived.min())
    share = ran.share(int(intended[0]), int(intended[-1]))
    return late < LATE_MS and share < SHARE and kept >= KEPT and bool((log.requests.status == 200).all())


def _ours(rate: int) -> bool:
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=5) as truth:
        ran, saved = ours_observed(truth.url, folder, "-d", f"{SECONDS:g}", "-rps", f"{rate}", sample=True)
        log = truth.stop()
    return _held(log, of_the_run(log).arrived, saved.columns["intended"], ran)


def _aiohttp(rate: int) -> bool:
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=5) as truth:
        words = (f"{truth.url}/invocations", f"{rate}", f"{SECONDS:g}", str(folder / "rows.npy"))
        ran = aiohttp("open", *words, sample=True)
        log = truth.stop()
        rows = np.load(folder / "rows.npy")
    return _held(log, log.requests.arrived, rows[:, 0], ran)


def _highest(holds: Callable[[int], bool]) -> int:
    """Climb until a step fails twice."""
    highest = 0
    for rate in LADDER:
        if not (holds(rate) or holds(rate)):
            break
        highest = rate
    return highest


def hold(rounds: int) -> list[Figure]:
    """Let both climb in turn, that many times."""
    seen: dict[str, list[int]] = defaultdict(list)
    for _ in range(rounds):
        for name, client in (("loadgen", _ours), ("aiohttp", _aiohttp)):
            seen[name].append(_highest(client))
    ratio = median(a / max(b, LADDER[0]) for a, b in zip(seen["loadgen"], seen["aiohttp"], strict=True))
    words = f"{spread(seen['loadgen'])} a second and {spread(seen['aiohttp'])}; {LADDER[-1]:,} is the last step"
    what = "highest rate held, loadgen / aiohttp with a timerfd"
    return [Figure(what, ratio, "times", 2.5, 4.0, words, most=False)]


if __name__ == "__main__":
    for figure in hold(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
