"""Watches the log: what it holds after the start, and how soon a request that failed is in it.

A log that stays empty may be held back in a buffer. So where nothing shows, many more failing requests follow: what
they push out was written, but late.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, LogLine, RawRequest, Sample, scenario

__all__ = ["FailureLogged", "LogsSeen"]

AFTER_READY = 2.0
VISIBLE = 2.0
LONG = 5.0
"""Contract seconds for a line that comes late."""
PUSHES, PUSHING = 200, 15.0
"""How many more failures are sent to push lines out of a buffer, and contract seconds after which that ends."""
BODIES = (b'{"seatrial": ', b"", b"\x00\xff seatrial: not a request \x80")


HOPELESS = 10.0
"""Contract seconds for an answer of a server that answered no valid request."""


@dataclass(frozen=True)
class FailureLogged:
    """One request that the server answered with an error.

    Attributes:
        exchange: the request and its answer.
        after: seconds from the end of the exchange to the first line of the log that came with it, zero where it came
            before; None where none came.
    """

    exchange: Exchange
    after: float | None


@dataclass(frozen=True)
class LogsSeen:
    """What the log showed.

    Attributes:
        start_lines: lines that had arrived 2 s after the first 200.
        failures: requests that were answered with an error, one after the other; empty where none was.
        pushed: failing requests that were sent afterwards because none of those showed in the log.
        late_lines: lines that arrived while they were sent.
        sample: the lines about the first failure, at most three.
    """

    start_lines: int
    failures: tuple[FailureLogged, ...]
    pushed: int
    late_lines: int
    sample: tuple[str, ...]


@scenario("logs", sees=LogsSeen, takes=0.5)
def logs(drive: Drive) -> LogsSeen:
    """Provoke three errors, and wait for their lines."""
    ready_at = drive.boot.ready_at if drive.boot and drive.boot.ready_at is not None else drive.instance.now()
    drive.until(lambda: drive.instance.logs.total_lines > 0, AFTER_READY)
    start = len(drive.instance.logs.between(0.0, ready_at + drive.seconds(AFTER_READY)))
    failures: list[FailureLogged] = []
    for body in BODIES:
        silent = bool(failures) and failures[-1].after is None
        failure = None if silent else _fail(drive, body, patience=VISIBLE if failures else LONG)
        failures += [failure] if failure else []
    before, pushed = len(_between(drive, 0.0)), 0
    if failures and failures[-1].after is None:
        pushed = _push(drive, before)
    late = len(_between(drive, 0.0)) - before if pushed else 0
    lines = _between(drive, failures[0].exchange.started)[:3] if failures else ()
    texts = tuple(drive.client.mask.mask_text(line.text) for line in lines)
    return LogsSeen(start, tuple(failures), pushed, late, texts)


def _fail(drive: Drive, body: bytes, *, patience: float) -> FailureLogged | None:
    """Send one bad request and wait for its line; None where it was not answered with an error."""
    exchange = drive.client.send(_request(drive, body), timeout=drive.seconds(60.0 if drive.valid else HOPELESS))
    if exchange.answer is None or exchange.answer.status < 400:
        return None
    drive.until(lambda: bool(_between(drive, exchange.started)), patience)
    at = next((line.at for line in _between(drive, exchange.started)), None)
    return FailureLogged(exchange, None if at is None else max(0.0, at - exchange.started - exchange.done))


def _request(drive: Drive, body: bytes) -> RawRequest:
    sample: Sample | None = next(iter(drive.valid), None)
    content_type = sample.content_type if sample else "application/json"
    return RawRequest("POST", "/invocations", headers=(("Content-Type", content_type),), body=body)


def _push(drive: Drive, before: int) -> int:
    """Send many more bad requests until something shows; how many were sent."""
    until = drive.instance.now() + drive.seconds(PUSHING)
    request = _request(drive, BODIES[0])
    connection, sent = drive.client.connect(), 0
    while sent < PUSHES and drive.instance.now() < until and not drive.stopping.is_set():
        sent += 1
        if connection.trouble is not None or connection.exchange(request, timeout=drive.seconds(60.0)).closed:
            connection.close()
            connection = drive.client.connect()
        if len(_between(drive, 0.0)) > before:
            break
    connection.close()
    return sent


def _between(drive: Drive, since: float) -> tuple[LogLine, ...]:
    """Lines since then; those about pings, which come alongside, left out."""
    lines = drive.instance.logs.between(since, drive.instance.now())
    return tuple(line for line in lines if "/ping" not in line.text)
