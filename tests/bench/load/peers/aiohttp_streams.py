"""aiohttp + uvloop reading streams: `aiohttp_streams.py URL STREAMS SECONDS json|bytes FILE`.

`json` reads as the request function of vLLM's benchmark does: pieces as they come, split at the blank lines, each event
decoded at once, the clock read after it. `bytes` only counts events and reads the clock as soon as it gets a piece. The
streams begin evenly spread over the seconds. FILE gets a flat int64 .npy: for each stream its send time, the number of
its tokens and then their times, ns of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

import aiohttp
import numpy as np
import uvloop
from truth.timers import Timers


async def decoded(answer: aiohttp.ClientResponse) -> list[int]:
    """Times of the tokens, each event decoded before its time is taken."""
    times: list[int] = []
    rest = ""
    async for piece in answer.content.iter_any():
        rest += piece.decode()
        while "\n\n" in rest:
            event, rest = rest.split("\n\n", 1)
            text = event.removeprefix("data: ")
            if text != "[DONE]" and json.loads(text)["choices"][0]["delta"].get("content"):
                times.append(time.monotonic_ns())
    return times


async def counted(answer: aiohttp.ClientResponse) -> list[int]:
    """Times of the tokens, taken before anything is looked at."""
    times: list[int] = []
    async for piece in answer.content.iter_any():
        now = time.monotonic_ns()
        times += [now] * piece.count(b'"content"')
    return times


async def main(url: str, streams: int, seconds: float, how: str, file: str) -> None:
    """Run all streams and write their times."""
    read = decoded if how == "json" else counted
    rows: list[list[int]] = [[]] * streams
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def stream(row: int) -> None:
            sent = time.monotonic_ns()
            async with session.post(url, data=b"{}") as answer:
                times = await read(answer)
            rows[row] = [sent, len(times), *times]

        timers, over = Timers(), asyncio.Event()
        tasks: list[asyncio.Task[None]] = []
        begin = time.monotonic_ns() + 100_000_000

        def fire() -> None:
            tasks.append(asyncio.ensure_future(stream(len(tasks))))
            if len(tasks) < streams:
                timers.at(begin + int(len(tasks) * seconds * 1e9 / streams), fire)
            else:
                over.set()

        gc.collect()
        gc.freeze()
        timers.at(begin, fire)
        await over.wait()
        await asyncio.gather(*tasks)
    np.save(file, np.array([value for row in rows for value in row], np.int64))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5]))
