"""What a million requests cost to keep, and to compute from."""

from __future__ import annotations

import sys

from bench.load.child import SERVER, run
from bench.load.clients import CONNECTIONS, ours, scratch
from bench.load.figure import Figure, median, spread
from truth.match import of_the_run
from truth.serve import Form, serve

__all__ = ["memory"]

FEW, MANY = 1000, 1_000_000

PERCENTILES = """
import time
import numpy as np
from seatrial.loadgen.measure.distribution import distribution
latency = (np.random.default_rng(0).lognormal(15, 1, 1_000_000)).astype(np.int64)
distribution(latency[:1000])
began = time.perf_counter()
distribution(latency)
print(time.perf_counter() - began)
"""


def _grown(number: int, delay_ms: float) -> tuple[float, float]:
    """MB at the end of the load, and at most until the end of the process."""
    with scratch() as folder, serve(Form.C, SERVER, delay_ms=delay_ms) as truth:
        ran, _ = ours(truth.url, folder, "-n", f"{number}", "-c", f"{CONNECTIONS}", sample=True)
        requests = of_the_run(truth.stop())
    loaded = [sample.memory for sample in ran.samples if requests.arrived[0] < sample.at <= requests.last[-1]]
    return loaded[-1], max(sample.memory for sample in ran.samples)


def memory(rounds: int) -> list[Figure]:
    """Measure the memory once, as it does not vary, and the percentiles that many times."""
    (little, little_most), (much, most) = _grown(FEW, 50), _grown(MANY, 0)
    took = [float(run([sys.executable, "-c", PERCENTILES]).out) for _ in range(rounds)]
    words = f"{much:.0f} MB and {little:.0f} MB; at most {most - little_most:.0f} MB more while the figures are made"
    return [
        Figure("a million requests kept, memory", much - little, "MB", 64, 48, words),
        Figure("all percentiles of a million, with their confidence", median(took), "s", 1.0, 0.3, f"{spread(took)} s"),
    ]


if __name__ == "__main__":
    for figure in memory(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
