"""Carries connections from one network of the engine to a subject on another.

This file runs inside a small container, as `python -c SOURCE HOST PORT`: it imports the standard library alone. It
listens on the target's port, dials the target for each connection and closes hard where the target refuses, so that
a caller sees a reset and not an accepted connection that says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

HARD = struct.pack("ii", 1, 0)


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until it ends, then end it on the other side as well."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


async def serve(host: str, port: int) -> None:
    """Relay for ever."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, port)
        except OSError:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
            writer.close()
            return
        await asyncio.gather(carry(reader, back), carry(there, writer))
        writer.close()
        back.close()

    async with await asyncio.start_server(relay, "0.0.0.0", port, backlog=1024) as server:  # noqa: S104  (inside its own container)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
