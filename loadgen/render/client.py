"""What is said of the client itself, beside every result: whether its figures can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.render.words import many, ms, quantity, share

if TYPE_CHECKING:
    from seatrial.loadgen.result import Distribution, Result

__all__ = ["CLOCKS", "client_facts"]

CLOCKS = {
    "kernel": "receive times are the kernel's own stamps",
    "callback": "receive times were taken when the client got to read",
}

NORMAL = "normal: real-time is not allowed here, or a busy client gave it back"


def client_facts(result: Result) -> list[tuple[str, str]]:
    """Return what was seen of the client, by name: send error, pace, loop lag, CPU, connections, GC, clock."""
    fitness = result.fitness
    told = []
    if fitness.send_error is not None:
        told.append(("send error", _spread(fitness.send_error, "p50", "p99")))
    if fitness.kept is not None:
        told.append(("rate kept", f"{share(fitness.kept)} of the asked rate"))
        told.append(("priority", "real-time" if fitness.real_time else NORMAL))
    if fitness.loop_lag is not None:
        told.append(("loop lag", _spread(fitness.loop_lag, "p50", "p99")))
    if fitness.cpu:
        told.append(("CPU", f"{', '.join(share(each) for each in fitness.cpu)} in the worst second"))
    connect = f", {_spread(fitness.connect, 'p50', 'p99')} to open" if fitness.connect is not None else ""
    told.append(("connections", f"{fitness.connections:,} opened{connect}"))
    waits = (
        "no request waited" if not fitness.connection_waits else f"{many(fitness.connection_waits, 'request')} waited"
    )
    told.append(("waits", f"{waits} for a connection"))
    pauses = (
        f"{many(fitness.gc_pauses, 'pause')}, longest {ms(fitness.gc_longest_ms)}" if fitness.gc_pauses else "no pause"
    )
    told.append(("GC", pauses))
    if result.streams is not None:
        told.append(("coalesced", f"{many(fitness.coalesced, 'token event')} shared a read with the one before"))
    told.append(("clock", f"{result.facts.clock}: {CLOCKS.get(result.facts.clock, 'named by the engine')}"))
    return told


def _spread(distribution: Distribution, *names: str) -> str:
    points = [
        f"{name} {quantity(distribution.points[name].value, distribution.unit)}"
        for name in names
        if name in distribution.points
    ]
    return ", ".join([*points, f"max {quantity(distribution.high, distribution.unit)}"])
