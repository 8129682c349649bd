"""Streams: what the client adds to the time of each token, and what a token costs it.

As many streams at once as are named, each with its first token after 50 ms and then one each 10 ms, begun evenly within
a second. A token is added to by what lies between the server's write and the client's stamp of that very token.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
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

    from truth.log import Log, Times

__all__ = ["streams"]

NUMBERS = (50, 200, 500)
TOKENS = 100
Bounds = tuple[float | None, float | None]
NONE: Bounds = (None, None)
BOUNDS: tuple[Bounds, Bounds] = ((0.5, 0.05), (5.0, 0.5))
"""Floor and goal of what is added to TTFT with the most streams, p50 and p99, ms."""


@dataclass(frozen=True)
class Once:
    """One run of one client: added to TTFT p50 and p99, to any token p99, off in ITL p99, ms; CPU s."""

    p50: float
    p99: float
    every: float
    off: float
    cpu: float


def _once(read: list[Times], written: list[Times], cpu: float) -> Once:
    """Both lists in the order in which the streams were begun."""
    whole = [(r, w) for r, w in zip(read, written, strict=True) if len(r) == len(w)]
    if len(whole) < len(read):
        raise RuntimeError(f"{len(read) - len(whole)} of {len(read)} streams lost tokens on the way")
    first = np.array([(r[0] - w[0]) / 1e6 for r, w in whole])
    every = np.concatenate([(r - w) / 1e6 for r, w in whole])
    gaps, truth = (np.concatenate([np.diff(pair[side]) / 1e6 for pair in whole]) for side in (0, 1))
    off = percentile(gaps, 99) - percentile(truth, 99)
    return Once(percentile(first, 50), percentile(first, 99), percentile(every, 99), abs(off), cpu)


def _written(log: Log, *, knock: bool) -> list[Times]:
    """Token writes of each stream, in the order in which the streams were asked for."""
    requests = of_the_run(log) if knock else log.requests
    streams = log.streams()[1:] if knock else log.streams()
    return [streams[at] for at in np.argsort(requests.arrived, kind="stable")]


def _ours(number: int, tokens: int) -> Once:
    with scratch() as folder, serve(Form.C, SERVER, tokens=tokens) as truth:
        words = ("-n", f"{number}", "-rps", f"{number}")
        ran, saved = ours_observed(f"{truth.url}/stream", folder, *words)
        log = truth.stop()
    ragged = [saved.token_stamp[a:b] for a, b in zip(saved.token_offset, saved.token_offset[1:], strict=False)]
    begun = np.argsort(saved.columns["sent"][saved.token_row], kind="stable")
    return _once([ragged[at] for at in begun], _written(log, knock=True), ran.cpu)


def _aiohttp(number: int, tokens: int, how: str) -> Once:
    with scratch() as folder, serve(Form.C, SERVER, tokens=tokens) as truth:
        ran = aiohttp("streams", f"{truth.url}/stream", f"{number}", "1", how, str(folder / "rows.npy"))
        log = truth.stop()
        flat = np.load(folder / "rows.npy")
    read: list[tuple[int, Times]] = []
    while len(flat):
        sent, length = flat[:2]
        read.append((int(sent), flat[2 : 2 + length]))
        flat = flat[2 + length :]
    return _once([times for _, times in sorted(read, key=lambda each: each[0])], _written(log, knock=False), ran.cpu)


CLIENTS: dict[str, Callable[[int, int], Once]] = {
    "loadgen": _ours,
    "aiohttp, bytes": lambda number, tokens: _aiohttp(number, tokens, "bytes"),
    "aiohttp + JSON": lambda number, tokens: _aiohttp(number, tokens, "json"),
}


def _token_price(client: Callable[[int, int], Once], number: int, tokens: int) -> float:
    """Microseconds a token; what the streams cost besides their tokens is taken off by a run of few tokens."""
    few = tokens // 10
    return (client(number, tokens).cpu - client(number, few).cpu) / (number * (tokens - few)) * 1e6


def streams(rounds: int) -> list[Figure]:
    """Measure all clients in turn with every number of streams, that many times."""
    seen: dict[tuple[str, int], list[Once]] = defaultdict(list)
    apart: dict[str, list[float]] = defaultdict(list)
    together: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, client in CLIENTS.items():
            for number in NUMBERS:
                seen[name, number].append(client(number, TOKENS))
            apart[name].append(_token_price(client, NUMBERS[0], 4 * TOKENS))
            together[name].append(_token_price(client, NUMBERS[-1], TOKENS))
    return [*(figure for number in NUMBERS for figure in _figures(seen, number)), _price_figure(apart, together)]


def _price_figure(apart: dict[str, list[float]], together: dict[str, list[float]]) -> Figure:
    ratio = median(a / b for a, b in zip(apart["loadgen"], apart["aiohttp + JSON"], strict=True))
    one, many = (", ".join(f"{name} {spread(us)} us" for name, us in each.items()) for each in (apart, together))
    words = f"{one}; at {NUMBERS[-1]} streams, where a client that falls behind reads cheap lumps: {many}"
    what = f"CPU of a token, loadgen / aiohttp + JSON as vLLM's benchmark reads, at {NUMBERS[0]} streams"
    return Figure(what, ratio, "times", 1 / 1.5, 1 / 2, words)


def _figures(seen: dict[tuple[str, int], list[Once]], number: int) -> list[Figure]:
    def beside(name: str) -> str:
        return ", ".join(f"{who} {spread(getattr(once, name) for once in seen[who, number])}" for who in CLIENTS)

    def ours(name: str) -> float:
        return median(getattr(once, name) for once in seen["loadgen", number])

    at = f"at {number} streams"
    middle, tail = BOUNDS if number == NUMBERS[-1] else (NONE, NONE)
    return [
        Figure(f"added to TTFT {at}, p50", ours("p50"), "ms", middle[0], middle[1], beside("p50")),
        Figure(f"added to TTFT {at}, p99", ours("p99"), "ms", tail[0], tail[1], beside("p99")),
        Figure(f"added to any token {at}, p99", ours("every"), "ms", None, None, beside("every")),
        Figure(f"ITL p99 off the truth {at}", ours("off"), "ms", None, None, beside("off")),
    ]


if __name__ == "__main__":
    for figure in streams(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
