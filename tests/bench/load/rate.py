"""How true the rate is: send error and dispersion of arrivals by the server's log, and what is said of a 5 ms server.

Send error is the arrival at the server minus the intended time. Locust has no intended times and is held against the
best even schedule through its own arrivals, which flatters it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from bench.load.child import SERVER
from bench.load.clients import aiohttp, has_locust, locust, locust_percentiles, ours_observed, scratch
from bench.load.figure import Figure, median, spread
from truth.log import dispersion, percentile
from truth.match import of_the_run
from truth.serve import Form, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from truth.log import Log, Times

__all__ = ["rate"]

RATES = (500, 1000, 2000)
SECONDS = 4.0
DELAY_MS = 5.0
ELSEWHERE = "vegeta and k6 are not in Debian; measured elsewhere they were 0.54 to 0.61 ms late"
VEGETA_MS = 0.54
LOCUST_PACE = 10
"""Requests a second of one Locust user."""


@dataclass(frozen=True)
class Once:
    """One run of one client at one rate.

    Attributes:
        p50, p99: send error, ms.
        dispersion: of the arrivals, 10 ms bins.
        off: reported p50 minus the server's own, ms.
        got: arrivals a second over the asked rate.
    """

    p50: float
    p99: float
    dispersion: float
    off: float
    got: float


def _once(log: Log, arrived: Times, intended: Times, reported: float, asked: float) -> Once:
    error = (np.sort(arrived) - np.sort(intended)) / 1e6
    served = log.requests.service_ms
    return Once(
        percentile(error, 50),
        percentile(error, 99),
        dispersion(arrived),
        reported - percentile(served, 50),
        (len(arrived) - 1) / (arrived.max() - arrived.min()) * 1e9 / asked,
    )


def _ours(asked: float, arrivals: str) -> Once:
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=DELAY_MS) as truth:
        words = ("-d", f"{SECONDS:g}", "-rps", f"{asked:g}", "--arrivals", arrivals)
        _, saved = ours_observed(truth.url, folder, *words)
        log = truth.stop()
    reported = saved.result["response"]["points"]["p50"]["value"]
    return _once(log, of_the_run(log).arrived, saved.columns["intended"], reported, asked)


def _constant(asked: float) -> Once:
    return _ours(asked, "constant")


def _poisson(asked: float) -> Once:
    return _ours(asked, "poisson")


def _aiohttp(asked: float) -> Once:
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=DELAY_MS) as truth:
        aiohttp("open", f"{truth.url}/invocations", f"{asked:g}", f"{SECONDS:g}", str(folder / "rows.npy"))
        log = truth.stop()
        rows = np.load(folder / "rows.npy")
    reported = percentile((rows[:, 2] - rows[:, 0]) / 1e6, 50)
    return _once(log, log.requests.arrived, rows[:, 0], reported, asked)


def _locust(asked: float) -> Once:
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=DELAY_MS) as truth:
        locust(truth.url, folder, users=round(asked / LOCUST_PACE), seconds=SECONDS + 2, pace=LOCUST_PACE)
        log = truth.stop()
        reported = locust_percentiles(folder).p50
    arrived = np.sort(log.requests.arrived)
    arrived = arrived[arrived > arrived[0] + 1_000_000_000]  # its users start in the first second
    even = np.arange(len(arrived)) * 1_000_000_000 // int(asked)
    return _once(log, arrived, even + (arrived - even).min(), reported, asked)


def rate(rounds: int) -> list[Figure]:
    """Measure all clients in turn at every rate, that many times."""
    clients: dict[str, Callable[[float], Once]] = {"constant": _constant, "poisson": _poisson, "aiohttp": _aiohttp}
    if has_locust():
        clients["locust"] = _locust
    seen: dict[tuple[str, int], list[Once]] = defaultdict(list)
    for _ in range(rounds):
        for asked in RATES:
            for name, client in clients.items():
                seen[name, asked].append(client(asked))
    return [figure for asked in RATES for figure in _figures({name: seen[name, asked] for name in clients}, asked)]


def _figures(seen: dict[str, list[Once]], asked: int) -> list[Figure]:
    ours, random = seen["constant"], seen["poisson"]

    def beside(name: str) -> str:
        said = {
            who: spread(getattr(once, name) for once in seen[who]) for who in ("aiohttp", "locust") if seen.get(who)
        }
        return ", ".join(f"{who} {text}" for who, text in said.items())

    at = f"at {asked:,} a second"
    late = f"p99 {spread(once.p99 for once in ours)} ms; p50 of {beside('p50')} ms"
    floor, goal = (VEGETA_MS / 4, VEGETA_MS / 8) if asked >= 1000 else (None, None)
    return [
        Figure(f"send error {at}, p50", median(o.p50 for o in ours), "ms", floor, goal, f"{late}; {ELSEWHERE}"),
        Figure(f"dispersion of constant arrivals {at}", median(o.dispersion for o in ours), "", 0.1, 0.1,
               beside("dispersion")),
        Figure(f"dispersion of Poisson arrivals {at}, off 1", median(abs(o.dispersion - 1) for o in random), "", 0.2,
               0.2, f"dispersion {spread(o.dispersion for o in random)}"),
        Figure(f"reported p50 minus the truth {at}", median(o.off for o in ours), "ms", 0.2, 0.1,
               f"{spread(o.off for o in ours)}; {beside('off')}; rate kept {spread(o.got for o in ours)}"),
    ]  # fmt: skip


if __name__ == "__main__":
    for figure in rate(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
