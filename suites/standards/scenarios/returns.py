"""Calls a customer's handler that returns, or raises, what the call asks for: three scripts, three launches."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, LaunchSpec, RawRequest, scenario
from seatrial.suites.realtime.scenarios.start import Started, started
from seatrial.suites.standards.scenarios.streams import StreamSeen, stream
from seatrial.suites.standards.scripts import script

__all__ = ["BareSeen", "PlainSeen", "ReturnsSeen", "StreamedSeen", "TypedSeen"]

ASKED = (
    "dict", "list", "text", "number", "nothing", "bytes", "model", "tuple", "response", "http-exception", "exception",
    "unparsable", "unserialisable",
)  # fmt: skip
SCRIPT = ("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py")
RETURNS = LaunchSpec(
    "standards-returns", env=(SCRIPT,),
    trial_files=(("model.py", script("returns.py")), ("bystander.py", script("bystander.py"))),
)  # fmt: skip
PLAIN = LaunchSpec("standards-plain", env=(SCRIPT,), trial_files=(("model.py", script("returns_sync.py")),))
BARE = LaunchSpec("standards-bare", env=(SCRIPT,), trial_files=(("model.py", script("returns_bare.py")),))
JSON = ("Content-Type", "application/json")
SLEEP, SHORTEST, BEFORE = 2.0, 0.6, 0.25
"""Contract seconds that a plain function holds its thread, seconds at least, and the part that passes before a ping."""


@dataclass(frozen=True)
class ReturnsSeen:
    """What became of each kind of return value.

    Attributes:
        started: how the launch started.
        calls: by what was asked for.
        ping: of a handler without an argument.
        after: a call that returns a dictionary, right after the one that raised.
    """

    started: Started
    calls: dict[str, Exchange]
    ping: Exchange
    after: Exchange


@dataclass(frozen=True)
class StreamedSeen:
    """A stream with no layer but the throttle."""

    started: Started
    seen: StreamSeen


@dataclass(frozen=True)
class PlainSeen:
    """A ping beside a plain function that sleeps.

    Attributes:
        started: how the launch started.
        seconds: how long it sleeps.
        call: that call.
        ping: sent a quarter of that later.
    """

    started: Started
    seconds: float
    call: Exchange
    ping: Exchange


@dataclass(frozen=True)
class TypedSeen:
    """Calls of a handler whose parameter is a typed body: one that fits, one that lacks a field."""

    started: Started
    good: Exchange
    bad: Exchange


@dataclass(frozen=True)
class BareSeen:
    """A call of a handler whose parameter `request` has no annotation."""

    started: Started
    call: Exchange


def ask(drive: Drive, wanted: str, body: bytes = b"{}") -> Exchange:
    """A call that says in a header what it asks for."""
    request = RawRequest("POST", "/invocations", (JSON, ("X-Seatrial-Do", wanted)), body)
    return drive.client.send(request, timeout=drive.seconds(10.0))


@scenario("returns", sees=ReturnsSeen, launch=RETURNS, takes=0.3)
def returns(drive: Drive) -> ReturnsSeen:
    """Ask for every kind."""
    calls: dict[str, Exchange] = {}
    for wanted in ASKED:
        calls[wanted] = ask(drive, wanted, b"{no json" if wanted == "unparsable" else b"{}")
        if wanted == "exception":
            after = ask(drive, "dict")
    return ReturnsSeen(started(drive), calls, drive.ping(), after)


@scenario("returns-stream", sees=StreamedSeen, launch=RETURNS, timed=True, takes=2.0)
def returns_stream(drive: Drive) -> StreamedSeen:
    """Watch a stream."""
    return StreamedSeen(started(drive), stream(drive))


@scenario("plain-function", sees=PlainSeen, launch=PLAIN, timed=True, takes=2.0)
def plain_function(drive: Drive) -> PlainSeen:
    """Let a plain function sleep, and ping beside it."""
    seconds = max(drive.seconds(SLEEP), SHORTEST)
    calls: list[Exchange] = []
    body = b'{"seconds": %.3f, "text": "slept"}' % seconds
    thread = threading.Thread(target=lambda: calls.append(ask(drive, "", body)), daemon=True)
    thread.start()
    drive.stopping.wait(seconds * BEFORE)
    ping = drive.ping(timeout=10.0)
    thread.join()
    return PlainSeen(started(drive), seconds, calls[0], ping)


@scenario("typed-body", sees=TypedSeen, launch=PLAIN, takes=0.1)
def typed_body(drive: Drive) -> TypedSeen:
    """Send a body that fits, and one that does not."""
    good, bad = b'{"seconds": 0, "text": "typed"}', b'{"seconds": 0}'
    return TypedSeen(started(drive), ask(drive, "", good), ask(drive, "", bad))


@scenario("bare-parameter", sees=BareSeen, launch=BARE, takes=0.1)
def bare_parameter(drive: Drive) -> BareSeen:
    """Call a handler of which nobody can tell what its parameter is."""
    return BareSeen(started(drive), ask(drive, "", b"bare body"))
