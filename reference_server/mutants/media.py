"""Faults in how Content-Type and Accept are read and stated."""

from seatrial.reference_server.media import CSV, JSON
from seatrial.reference_server.mutants.invocations_tools import (
    Reply,
    answer_of,
    changed_answers,
    changed_headers,
    on_invocations,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, headers_of, reply
from seatrial.reference_server.variants import mutant

READ = {JSON: JSON, CSV: CSV}


@mutant(kills="invocations.optional-headers", reason="optional-header-needed", layer="asgi")
def needs_content_type(app: App) -> App:
    """Raise where Content-Type is absent."""
    return changed_headers(app, lambda headers: {**headers, "content-type": headers["content-type"]})


@mutant(kills="invocations.optional-headers", reason="optional-header-needed", layer="asgi")
def needs_accept(app: App) -> App:
    """Raise where Accept is absent."""
    return changed_headers(app, lambda headers: {**headers, "accept": headers["accept"]})


@mutant(kills="invocations.content-type", reason="content-type-compared-whole", layer="asgi")
def compares_content_type_whole(app: App) -> App:
    """Refuse a Content-Type that is not one of two strings."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        stated = headers_of(scope).get("content-type", JSON)
        if stated.lower().startswith((JSON, CSV)) and stated not in READ:
            await reply(send, 415, b'{"error": "unsupported media type"}', [("content-type", JSON)])
        else:
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="invocations.unsupported-type", reason="unsupported-type-served", layer="asgi")
def reads_any_type_as_json(app: App) -> App:
    """Take a type that it does not know for JSON."""
    return changed_headers(
        app, lambda headers: {**headers, "content-type": JSON} if "nope" in headers.get("content-type", "") else headers
    )


@mutant(kills="invocations.unsupported-type", reason="unsupported-type-error", layer="asgi")
def raises_on_an_unknown_type(app: App) -> App:
    """Look the parser of a type up in a table, and raise where there is none."""

    def change(headers: dict[str, str]) -> dict[str, str]:
        kind = headers.get("content-type", JSON).partition(";")[0].strip().lower()
        return {**headers, "x-parser": READ[kind]}

    return changed_headers(app, change)


@mutant(kills="invocations.truthful-type", reason="content-type-lies", layer="asgi")
def copies_accept(app: App) -> App:
    """State the value of Accept as Content-Type, whatever the body is."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        accept = headers_of(scope).get("accept", "*/*")
        welcome = [pair for pair in scope["headers"] if pair[0].lower() != b"accept"]
        answer = await answer_of(inner, {**scope, "headers": welcome}, receive)
        if accept != "*/*":
            answer = answer.with_header("content-type", accept)
        await reply(send, answer.status, answer.body, answer.headers.items())

    return on_invocations(app, handle)


@mutant(kills="invocations.truthful-type", reason="accept-error", layer="asgi")
def chokes_on_an_accept_list(app: App) -> App:
    """Raise on an Accept with more than one media type."""

    def change(headers: dict[str, str], answer: Reply) -> Reply:
        if "," in headers.get("accept", ""):
            raise ValueError("Accept is not one media type")
        return answer

    return changed_answers(app, change)
