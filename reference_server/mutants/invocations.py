"""Faults in how valid requests are answered: route, time, framing, and what piles up over many calls."""

import asyncio
import dataclasses
import gzip
import os
from collections.abc import Callable
from typing import Any

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.invocations_tools import (
    Reply,
    answer_of,
    changed_answers,
    changed_headers,
    on_invocations,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import mutant

TOO_LONG = 61.0
WORKER_TIMEOUT = 30.0
LEAK = 256 * 1024
FAILS_EVERY = 150


@mutant(
    kills="invocations.answers",
    reason="invocations-route-missing",
    layer="asgi",
    also=["invocations.within-60-seconds"],
)
def serves_predict_only(app: App) -> App:
    """Serve predictions at /predict, and nothing at /invocations."""

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/invocations":
            await app({**scope, "path": {"/predict": "/invocations"}.get(scope["path"], scope["path"])}, receive, send)
            return
        unknown = await answer_of(app, {**scope, "path": "/nowhere"}, receive)
        words = unknown.body.replace(b"/nowhere", b"/invocations")
        await reply(send, unknown.status, words, unknown.headers.items())

    return moved


@mutant(kills="invocations.answers", reason="invocations-not-json", layer="asgi")
def answers_with_repr(app: App) -> App:
    """Answer the repr of a Python object and call it JSON."""
    return changed_answers(
        app, lambda _, answer: dataclasses.replace(answer, body=repr({"echo": answer.body}).encode())
    )


@mutant(
    kills="invocations.answers",
    reason="invocations-not-2xx",
    layer="asgi",
    also=["invocations.within-60-seconds"],
)
def answers_500_to_all(app: App) -> App:
    """Answer 500 to every request, as a model with a defect in its forward pass does."""
    return changed_answers(app, lambda _, answer: dataclasses.replace(answer, status=500))


@mutant(
    kills="invocations.within-60-seconds", reason="answer-late", layer="asgi", also=["invocations.answers"]
)  # without one answer in time no request is known to be valid
def takes_over_a_minute(app: App) -> App:
    """Take a minute and more for a call, with time-outs raised to match."""
    return _late(app, lambda calls: calls > 0)


@mutant(kills="invocations.cold-call", reason="cold-call-late", layer="asgi")
def compiles_at_first_call(app: App) -> App:
    """Compile for a minute when the first call comes."""
    return _late(app, lambda calls: calls == 1)


@mutant(kills="invocations.gives-up-in-time", reason="slow-call-hangs", layer="settings")
def gives_a_call_ten_minutes(settings: Settings) -> Settings:
    """Let a call last ten minutes."""
    return dataclasses.replace(settings, call_timeout=600.0)


@mutant(kills="invocations.gives-up-in-time", reason="slow-call-dropped", layer="wire")
def kills_a_slow_worker(protocol: Any) -> Any:
    """Drop the connection of a call that takes 30 seconds, as a server does that kills its worker."""

    class Impatient(protocol):  # type: ignore[misc]  # the base class is only known at run time
        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self.loop.call_later(scaled(WORKER_TIMEOUT), self.lose, self.cycle)

        def lose(self, cycle: Any) -> None:
            if not cycle.response_complete:
                self.transport.abort()

    return Impatient


@mutant(kills="invocations.gives-up-in-time", reason="slow-call-costs-worker", layer="asgi")
def never_recovers_from_a_slow_call(app: App) -> App:
    """Answer 503 for ever once a call has timed out."""
    lost = False

    def change(_: dict[str, str], answer: Reply) -> Reply:
        nonlocal lost
        answer = dataclasses.replace(answer, status=503) if lost else answer
        lost = lost or answer.status == 504
        return answer

    return changed_answers(app, change)


@mutant(kills="invocations.consistent-length", reason="content-type-missing", layer="asgi")
def states_no_content_type(app: App) -> App:
    """Answer without a Content-Type."""
    return changed_answers(app, lambda _, answer: answer.without_header("content-type"))


@mutant(kills="invocations.consistent-length", reason="length-wrong", layer="asgi")
def compresses_after_counting(app: App) -> App:
    """Compress an answer where gzip is welcome, and leave the length as it was."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        welcome = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
        if not welcome:
            await reply(send, answer.status, answer.body, answer.headers.items())
            return
        pairs = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        length = (b"content-length", b"%d" % len(answer.body))
        start = {"type": "http.response.start", "status": answer.status}
        await send({**start, "headers": [*pairs, length, (b"content-encoding", b"gzip")]})
        await send({"type": "http.response.body", "body": gzip.compress(answer.body)})

    return on_invocations(app, handle)


@mutant(kills="invocations.consistent-length", reason="length-wrong", layer="wire")
def adds_a_newline_behind_the_answer(protocol: Any) -> Any:
    """Write a line end behind every answer that its length does not count."""

    class Wordy(protocol):  # type: ignore[misc]  # the base class is only known at run time
        def on_response_complete(self) -> None:
            if not self.transport.is_closing():
                self.transport.write(b"\r\n")
            super().on_response_complete()

    return Wordy


@mutant(kills="invocations.steady", reason="memory-leak", layer="asgi")
def remembers_every_call(app: App) -> App:
    """Keep 256 KB of every call in a cache without a bound."""
    cache: list[bytes] = []

    def change(headers: dict[str, str]) -> dict[str, str]:
        cache.append(b"x" * LEAK)
        return headers

    return changed_headers(app, change)


@mutant(kills="invocations.steady", reason="file-leak", layer="asgi")
def opens_a_file_a_call(app: App) -> App:
    """Open a file at every call and never close it."""

    def change(headers: dict[str, str]) -> dict[str, str]:
        os.open(os.devnull, os.O_RDONLY)
        return headers

    return changed_headers(app, change)


@mutant(kills="invocations.steady", reason="steady-fails", layer="asgi")
def fails_now_and_then(app: App) -> App:
    """Answer 500 to every 150th call."""
    calls = 0

    def change(_: dict[str, str], answer: Reply) -> Reply:
        nonlocal calls
        calls += 1
        return dataclasses.replace(answer, status=500) if calls % FAILS_EVERY == 0 else answer

    return changed_answers(app, change)


def _late(app: App, when: Callable[[int], bool]) -> App:
    """Return the application with some calls, counted from 1, answered too late."""
    calls = 0

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        if when(calls):
            await asyncio.sleep(scaled(TOO_LONG))
        await inner(scope, receive, send)

    return on_invocations(app, handle)
