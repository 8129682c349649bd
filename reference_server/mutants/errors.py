"""Faults in how bad input is refused, and in what it leaves behind for the next caller."""

import dataclasses

import orjson

from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import (
    Reply,
    answer_of,
    changed_answers,
    changed_bodies,
    on_invocations,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

HTML = b"<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>"
WORKERS = 4


def _refusals(app: App, **changes: object) -> App:
    """Return the application with its 4xx answers changed."""

    def change(_: dict[str, str], answer: Reply) -> Reply:
        return dataclasses.replace(answer, **changes) if 400 <= answer.status < 500 else answer  # type: ignore[arg-type]  # fields of Reply, named below

    return changed_answers(app, change)


@mutant(kills="invocations.refuses-malformed", reason="malformed-200", layer="asgi")
def reports_errors_with_200(app: App) -> App:
    """Answer 200 to bad input, with the error in the body."""
    return _refusals(app, status=200)


@mutant(kills="invocations.refuses-malformed", reason="malformed-status", layer="asgi")
def answers_500_to_bad_input(app: App) -> App:
    """Answer 500 to bad input, as a server does that lets its parser raise."""
    return _refusals(app, status=500)


@mutant(kills="invocations.refuses-malformed", reason="malformed-html", layer="asgi")
def refuses_with_a_page(app: App) -> App:
    """Refuse bad input with an HTML page."""
    return _refusals(app, body=HTML, headers={"content-type": "text/html"})


@mutant(kills="invocations.refuses-malformed", reason="malformed-reason-long", layer="asgi")
def refuses_with_a_traceback(app: App) -> App:
    """Refuse bad input with pages of traceback."""
    return _refusals(app, body=b'File "handler.py", line 1, in predict\n' * 100, headers={"content-type": "text/plain"})


@mutant(kills="invocations.refuses-malformed", reason="malformed-no-reason", layer="asgi")
def refuses_without_a_word(app: App) -> App:
    """Refuse bad input without a reason."""
    return _refusals(app, body=b"")


@mutant(kills="invocations.refuses-malformed", reason="malformed-accepted", layer="asgi")
def predicts_from_broken_json(app: App) -> App:
    """Read text that is no JSON as if nothing had been said, and predict from that."""

    def change(headers: dict[str, str], body: bytes) -> bytes:
        if headers.get("content-type") == JSON and body.isascii():
            try:
                orjson.loads(body)
            except orjson.JSONDecodeError:
                return b'{"echo": null}'
        return body

    return changed_bodies(app, change)


@mutant(kills="invocations.refuses-malformed", reason="malformed-dropped", layer="asgi")
def hangs_up_on_bad_input(app: App) -> App:
    """Close the connection in the middle of a refusal."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        if not 400 <= answer.status < 500:
            await reply(send, answer.status, answer.body, answer.headers.items())
            return
        length = (b"content-length", b"%d" % (len(answer.body) + 100))
        await send({"type": "http.response.start", "status": answer.status, "headers": [length]})
        await send({"type": "http.response.body", "body": answer.body})

    return on_invocations(app, handle)


@mutant(kills="invocations.survives-bad-input", reason="bad-input-breaks-the-next", layer="asgi")
def stumbles_after_bad_input(app: App) -> App:
    """Answer 500 to the request that follows a bad one."""
    bad = False

    def change(_: dict[str, str], answer: Reply) -> Reply:
        nonlocal bad
        stumbles, bad = bad, 400 <= answer.status < 500
        return dataclasses.replace(answer, status=500) if stumbles else answer

    return changed_answers(app, change)


@mutant(kills="invocations.survives-bad-input", reason="bad-input-breaks-the-next", layer="asgi")
def loses_a_worker_to_bad_input(app: App) -> App:
    """Lose one of four workers to every bad request, and answer 503 when none is left."""
    workers = WORKERS

    def change(_: dict[str, str], answer: Reply) -> Reply:
        nonlocal workers
        if workers == 0:
            return dataclasses.replace(answer, status=503)
        workers -= 400 <= answer.status < 500
        return answer

    return changed_answers(app, change)
