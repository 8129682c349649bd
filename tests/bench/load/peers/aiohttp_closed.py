"""aiohttp + uvloop in a closed loop: `aiohttp_closed.py URL REQUESTS CONNECTIONS`."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import uvloop

BODY = b"x" * 128


async def main(url: str, requests: int, connections: int) -> None:
    """Post as many requests over as many connections as asked, one at a time on each."""
    left = iter(range(requests))
    connector = aiohttp.TCPConnector(limit=connections)

    async def user(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(url, data=BODY) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(user(session) for _ in range(connections)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
