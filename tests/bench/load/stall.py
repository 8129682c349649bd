"""Coordinated omission: 100 requests a second, and the server stands still for 2 s of 10.

The truth is computed from the server's log: from when each request was due to its last byte. Clients that wait for an
answer before they send the next request leave out what was due meanwhile; for them the truth is what an even schedule
of the same rate would have met.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from bench.load.child import SERVER, run
from bench.load.clients import PEERS, Reported, has_locust, locust, locust_percentiles, ours_observed, scratch
from bench.load.figure import Figure, median
from truth.log import percentile
from truth.match import of_the_run
from truth.serve import Form, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy.typing as npt
    from truth.log import Log
    from truth.serve import Truth

__all__ = ["stall"]

RATE, SECONDS, AT, FOR = 100, 10, 4.0, 2.0
Result = tuple[Reported, Reported]
"""What is reported, and the truth."""


def _server() -> AbstractContextManager[Truth]:
    return serve(Form.C, SERVER, delay_ms=5, stall_at=AT, stall_for=FOR)


def _percentiles(values: npt.NDArray[np.float64]) -> Reported:
    return Reported(*(percentile(values, share) for share in (50, 90, 99)))


def _of_even_schedule(log: Log) -> Reported:
    """What requests due at an even rate from the first arrival on would have met: 5 ms, and the stall."""
    begin, end = (each - log.requests.arrived.min() for each in log.stall)
    due = np.arange(RATE * SECONDS) * (1_000_000_000 // RATE)
    typical = percentile(log.requests.service_ms, 50)
    return _percentiles(np.where((due > begin) & (due < end), (end - due) / 1e6, typical))


def _ours() -> Result:
    with scratch() as folder, _server() as truth:
        _, saved = ours_observed(truth.url, folder, "-d", str(SECONDS), "-rps", str(RATE))
        log = truth.stop()
    points = saved.result["response"]["points"]
    requests = of_the_run(log).by_arrival()
    told = Reported(*(points[name]["value"] for name in ("p50", "p90", "p99")))
    return told, _percentiles((requests.last - np.sort(saved.columns["intended"])) / 1e6)


def _locust() -> Result:
    with scratch() as folder, _server() as truth:
        locust(truth.url, folder, users=10, seconds=SECONDS, pace=RATE / 10)
        log = truth.stop()
        return locust_percentiles(folder), _of_even_schedule(log)


def _hey() -> Result:
    with _server() as truth:
        words = ["-z", f"{SECONDS}s", "-c", "10", "-q", str(RATE // 10), "-m", "POST", "-d", "x" * 128]
        out = run(["hey", *words, f"{truth.url}/invocations"]).out
        log = truth.stop()
    told = {share: float(took) * 1000 for share, took in re.findall(r"(\d+)% in ([\d.]+) secs", out)}
    return Reported(told["50"], told["90"], told["99"]), _of_even_schedule(log)


def _wrk() -> Result:
    with _server() as truth:
        words = ["-t1", "-c1", f"-d{SECONDS}s", "--timeout", "10s", "--latency", "-s", str(PEERS / "post.lua")]
        out = run(["wrk", *words, f"{truth.url}/invocations"]).out
        log = truth.stop()
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    told = {share: float(took) * scale[unit] for share, took, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", out)}
    return Reported(told["50"], told["90"], told["99"]), _of_even_schedule(log)


def _clients() -> dict[str, Callable[[], Result]]:
    there = {"Locust": has_locust(), "hey": bool(shutil.which("hey")), "wrk": bool(shutil.which("wrk"))}
    peers = {"Locust": _locust, "hey": _hey, "wrk": _wrk}
    return {"loadgen": _ours, **{name: peers[name] for name, here in there.items() if here}}


def stall(rounds: int) -> list[Figure]:
    """Measure all clients in turn, that many times."""
    seen: dict[str, list[Result]] = defaultdict(list)
    clients = _clients()
    for _ in range(rounds):
        for name, client in clients.items():
            seen[name].append(client())
    figures = []
    for share in ("p50", "p90", "p99"):
        off = {name: median(_off(*result, share) for result in results) for name, results in seen.items()}
        words = ", ".join(
            f"{name} {median(getattr(told, share) for told, _ in seen[name]):.4g} ms of "
            f"{median(getattr(truth, share) for _, truth in seen[name]):.4g} ms"
            for name in seen
        )
        figures.append(Figure(f"a stall of 2 s: {share} off the truth by", off["loadgen"], "%", 2.0, 1.0, words))
    return figures


def _off(told: Reported, truth: Reported, share: str) -> float:
    seen, real = (float(getattr(each, share)) for each in (told, truth))
    return abs(seen / real - 1) * 100


if __name__ == "__main__":
    for figure in stall(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
