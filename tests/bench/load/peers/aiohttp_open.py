"""aiohttp + uvloop with a timerfd and a schedule: `aiohttp_open.py URL RATE SECONDS FILE`.

As good an open loop as can be had on aiohttp: absolute times, one task a request, the timer of the ground truth. FILE
gets int64 columns (intended, sent, done), ns of CLOCK_MONOTONIC, as an .npy of shape (requests, 3).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time

import aiohttp
import numpy as np
import uvloop
from truth.timers import Timers

BODY = b"x" * 128


async def main(url: str, rate: float, seconds: float, file: str) -> None:
    """Send at a constant rate and keep when each request was due, sent and done."""
    count = round(rate * seconds)
    rows = np.zeros((count, 3), np.int64)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def request(row: int) -> None:
            rows[row, 1] = time.monotonic_ns()
            async with session.post(url, data=BODY) as answer:
                await answer.read()
            rows[row, 2] = time.monotonic_ns()

        timers, over = Timers(), asyncio.Event()
        tasks: list[asyncio.Task[None]] = []
        rows[:, 0] = time.monotonic_ns() + 100_000_000 + np.arange(count) * 1e9 / rate
        intended = rows[:, 0].tolist()

        def fire() -> None:
            while len(tasks) < count and intended[len(tasks)] <= time.monotonic_ns():
                tasks.append(asyncio.ensure_future(request(len(tasks))))
            if len(tasks) < count:
                timers.at(intended[len(tasks)], fire)
            else:
                over.set()

        gc.collect()
        gc.freeze()
        fire()
        await over.wait()
        await asyncio.gather(*tasks)
    np.save(file, rows)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
