"""A stream passes a middleware piece by piece: none waits for the next, and none is made faster than it is taken."""

import asyncio
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask
from support.customer_site import Site

from seatrial.reference_server.protocols.asgi import App, Message, Send

DEADLINE = 10.0
THROUGH = """
@custom_middleware("throttle")
async def throttle(request, call_next):
    response = await call_next(request)
    assert not hasattr(response, "body")
    response.headers["x-throttle"] = "1"
    return response

@output_formatter
async def post(response):
    response.headers["x-post"] = "1"
"""
REPLACED = """
@output_formatter
async def post(response):
    return Response("new")
"""


@dataclass
class Stream:
    """An engine whose stream goes on only when it is told to."""

    produced: list[str] = field(default_factory=list)
    ended: bool = False
    fails: bool = False

    def __post_init__(self) -> None:
        self.app = FastAPI()
        self.app.post("/invocations")(self.answer)

    async def answer(self):
        self.go_on = asyncio.Event()
        return StreamingResponse(self.pieces(), background=BackgroundTask(self.produced.append, "background"))

    async def pieces(self):
        try:
            for piece in "abc":
                await self.go_on.wait()
                self.go_on.clear()
                self.produced.append(piece)
                yield piece
            if self.fails:
                raise ValueError("half way")
        finally:
            self.ended = True


def call(app: App, took: Send):
    """Call an application; `took` gets each message, and the next is sent when it returns."""
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"{}", "more_body": False}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/invocations",
        "raw_path": b"/invocations",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("client", 1),
        "server": ("engine", 80),
    }
    asyncio.run(asyncio.wait_for(app(scope, receive, took), DEADLINE))


def test_each_piece_arrives_before_the_next_is_made(site: Site):
    site.write(THROUGH)
    stream, arrived = Stream(), []

    async def took(message: Message) -> None:
        arrived.append((message.get("body", dict(message.get("headers", ()))), list(stream.produced)))
        stream.go_on.set()

    call(site.boot(stream.app).app, took)
    (headers, before), *pieces = arrived
    assert (headers[b"x-throttle"], headers[b"x-post"], before) == (b"1", b"1", [])
    assert pieces[:3] == [(b"a", ["a"]), (b"b", ["a", "b"]), (b"c", ["a", "b", "c"])]
    assert stream.produced[3:] == ["background"]


def test_an_exception_half_way_ends_the_stream_as_an_exception(site: Site):
    site.write(THROUGH)
    stream, arrived = Stream(fails=True), []

    async def took(message: Message) -> None:
        arrived.append(message)
        stream.go_on.set()

    with pytest.raises(ValueError, match="half way"):
        call(site.boot(stream.app).app, took)
    assert b"".join(message.get("body", b"") for message in arrived) == b"abc"
    assert all(message.get("more_body", True) for message in arrived)


def test_a_client_that_leaves_ends_the_stream(site: Site):
    site.write(THROUGH)
    stream = Stream()

    async def took(message: Message) -> None:
        stream.go_on.set()
        if message.get("body") == b"b":
            raise OSError("the client has left")

    with pytest.raises(OSError, match="left"):
        call(site.boot(stream.app).app, took)
    assert (stream.ended, stream.produced) in ((True, ["a", "b"]), (True, ["a", "b", "c"]))


def test_a_stream_that_is_replaced_is_ended(site: Site):
    site.write(REPLACED)
    stream, arrived = Stream(), []

    async def took(message: Message) -> None:
        arrived.append(message.get("body"))
        stream.go_on.set()

    call(site.boot(stream.app).app, took)
    assert (arrived, stream.ended) == ([None, b"new"], True)
    assert stream.produced in (["a"], ["a", "b"])


def test_what_is_assigned_to_the_body_of_a_stream_replaces_it(site: Site):
    site.write("@output_formatter\nasync def post(response): response.body = 'whole'")
    stream, arrived = Stream(), []

    async def took(message: Message) -> None:
        arrived.append(message)
        stream.go_on.set()

    call(site.boot(stream.app).app, took)
    assert [message.get("body") for message in arrived] == [None, b"whole"]
    assert (b"content-length", b"5") in arrived[0]["headers"]
