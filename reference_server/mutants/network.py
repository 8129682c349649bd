"""Faults in what a call makes the server do on the network."""

import asyncio
import contextlib
import socket

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.invocations_tools import on_invocations
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.variants import mutant

DOCUMENTATION = ("198.51.100.1", 9)
"""An address that belongs to nobody (RFC 5737): asked for the way there, no packet is sent."""
OPEN = 10.0


@mutant(kills="network.no-egress-per-call", reason="egress", layer="asgi")
def phones_home(app: App) -> App:
    """Connect to a telemetry server at each call; it is this host itself, by its outward address."""
    open_ones: set[asyncio.Task[None]] = set()

    async def tell() -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with await asyncio.start_server(_swallow, outward_address()) as server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
                await asyncio.sleep(scaled(OPEN))
                del reader
                writer.close()

    async def called(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if not open_ones:
            task = asyncio.ensure_future(tell())
            open_ones.add(task)
            task.add_done_callback(open_ones.discard)
        await inner(scope, receive, send)

    return on_invocations(app, called)


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        await reader.read()
    writer.close()


def outward_address() -> str:
    """Return the address by which this host reaches others; loopback does not count as outside."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(DOCUMENTATION)
        return str(probe.getsockname()[0])
