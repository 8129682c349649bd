"""From the start of the process to the first request at the server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.load.child import SERVER
from bench.load.clients import has_locust, locust, ours, scratch
from bench.load.figure import Figure, median, spread
from truth.match import of_the_run
from truth.serve import Form, serve

if TYPE_CHECKING:
    from pathlib import Path

    from truth.serve import Truth

__all__ = ["start"]


def _ours(truth: Truth, folder: Path) -> int:
    return ours(truth.url, folder, "-n", "1", "-rps", "1")[0].began


def _locust(truth: Truth, folder: Path) -> int:
    return locust(truth.url, folder, users=1, seconds=4).began


def start(rounds: int) -> list[Figure]:
    """Measure in turn, that many times and twice more: a start is short."""
    took: list[float] = []
    beside: list[float] = []
    with scratch() as folder, serve(Form.C, SERVER) as truth:
        _ours(truth, folder)  # once before, so that modules are compiled and files are in memory for both
        if has_locust():
            _locust(truth, folder)
    for _ in range(rounds + 2):
        with scratch() as folder, serve(Form.C, SERVER) as truth:
            began = _ours(truth, folder)
            took.append((of_the_run(truth.stop()).arrived[0] - began) / 1e9)
        if has_locust():
            with scratch() as folder, serve(Form.C, SERVER) as truth:
                began = _locust(truth, folder)
                beside.append((truth.stop().requests.arrived[0] - began) / 1e9)
    words = f"{spread(took)} s" + (f"; Locust {spread(beside)} s" if beside else "")
    return [Figure("start of the command to the first request that counts", median(took), "s", 1.0, 0.4, words)]


if __name__ == "__main__":
    for figure in start(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
