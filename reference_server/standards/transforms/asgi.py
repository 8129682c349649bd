"""Requests and answers as plain ASGI: a body that is read up to a limit, changed and given on; one whole answer.

A body that is longer than the limit is given on unread: the application inside has a limit and an answer of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from seatrial.reference_server.logs import log
from seatrial.reference_server.protocols.asgi import CallerLeftError, Message, Receive, Scope, Send
from seatrial.reference_server.standards.transforms.bodies import dump
from seatrial.reference_server.standards.transforms.refusals import RefusedError

RawHeaders = Iterable[tuple[bytes, bytes]]
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


def refusal(refused: RefusedError) -> Reply:
    """Return the answer to a request that was refused, and say so in the log."""
    log.warning("refused with %d: %s", refused.status, refused.detail)
    return Reply(refused.status, dump({"detail": refused.detail}), JSON)


def not_allowed(*methods: str) -> Reply:
    """Return the answer to a method that a path does not take."""
    phrase = HTTPStatus.METHOD_NOT_ALLOWED.phrase
    return Reply(405, dump({"detail": phrase}), JSON, (("allow", ", ".join(methods)),))


async def send_reply(reply: Reply, send: Send, *, head: bool = False) -> None:
    """Send a whole answer; without its body if only the head was asked for."""
    headers = [(b"content-length", b"%d" % len(reply.body)), (b"content-type", reply.content_type.encode())]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})


def header(scope: Scope, name: str) -> str | None:
    """Return the first line of a header, None where there is none."""
    wanted = name.lower().encode()
    for raw_name, raw_value in scope["headers"]:
        if raw_name.lower() == wanted:
            return str(raw_value.decode("latin-1").strip())
    return None


def says_json(scope: Scope) -> bool:
    """Return whether the Content-Type leaves open that the body is JSON: it says so, or there is none."""
    name = (header(scope, "content-type") or JSON).partition(";")[0].strip().lower()
    return name == JSON or name.endswith("+json")


async def read_up_to(receive: Receive, limit: int) -> tuple[bytes, bool, list[Message]]:
    """Read a body.

    Returns:
        The bytes, whether they are all of it, and the messages in which they came.

    Raises:
        CallerLeftError: the connection ended first.
    """
    messages: list[Message] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeftError
        messages.append(message)
        length += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if whole or length > limit:
            body = b"".join(one.get("body", b"") for one in messages)
            return body, whole and length <= limit, messages


def replay(messages: Iterable[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives messages once more, then those that are still to come."""
    waiting = list(messages)

    async def receive_again() -> Message:
        return waiting.pop(0) if waiting else await receive()

    return receive_again


def with_body(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """Return a request that has another body."""
    changed = {**scope, "headers": with_length(scope["headers"], len(body))}
    return changed, replay([{"type": "http.request", "body": body, "more_body": False}], receive)


def with_length(headers: RawHeaders, length: int) -> list[tuple[bytes, bytes]]:
    """Return headers that announce a body of this many bytes."""
    framing = (b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in headers if name.lower() not in framing]
    return [*kept, (b"content-length", b"%d" % length)]
