"""Faults in what request headers change, and in the custom attributes of answers."""

from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import (
    Reply,
    answer_of,
    changed_answers,
    changed_headers,
    on_invocations,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
BUFFER = 2048


@mutant(kills="invocations.ignores-extra-headers", reason="extra-headers-matter", layer="asgi")
def has_a_small_header_buffer(app: App) -> App:
    """Refuse requests with more than 2 KB of headers."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > BUFFER:
            await reply(send, 431, b'{"error": "headers too large"}', [("content-type", JSON)])
        else:
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="invocations.ignores-extra-headers", reason="extra-headers-matter", layer="asgi")
def gives_back_unknown_headers(app: App) -> App:
    """Answer with the unknown headers in the body."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        unknown = [value for name, value in scope["headers"] if name.lower().startswith(b"x-amzn-seatrial")]
        answer = await answer_of(inner, scope, receive)
        await reply(send, answer.status, answer.body + b" " * len(unknown), answer.headers.items())

    return on_invocations(app, handle)


@mutant(kills="invocations.named-headers", reason="named-headers-matter", layer="asgi")
def names_files_by_inference_id(app: App) -> App:
    """Make a file name of the inference id, and raise where that leads out of the folder."""

    def change(headers: dict[str, str]) -> dict[str, str]:
        if "/" in headers.get(INFERENCE_ID, ""):
            raise FileNotFoundError(headers[INFERENCE_ID])
        return headers

    return changed_headers(app, change)


@mutant(kills="invocations.custom-attributes-in", reason="attributes-refused", layer="asgi")
def parses_attributes_as_pairs(app: App) -> App:
    """Take custom attributes for `key=value` pairs, and raise where they are none."""

    def change(headers: dict[str, str]) -> dict[str, str]:
        if ATTRIBUTES in headers:
            dict(pair.split("=") for pair in headers[ATTRIBUTES].split(","))
        return headers

    return changed_headers(app, change)


@mutant(kills="invocations.custom-attributes-out", reason="attributes-unfit", layer="asgi")
def answers_attributes_in_latin_1(app: App) -> App:
    """Answer custom attributes that are not ASCII."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        pairs = [(name.encode(), value.encode()) for name, value in answer.headers.items() if name != ATTRIBUTES]
        pairs += [(ATTRIBUTES.encode(), "größe=1".encode("latin-1")), (b"content-length", b"%d" % len(answer.body))]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    return on_invocations(app, handle)


@mutant(kills="invocations.custom-attributes-out", reason="attributes-unfit", layer="asgi")
def answers_empty_attributes(app: App) -> App:
    """Answer empty custom attributes where there is nothing to say."""
    return changed_answers(app, lambda _, answer: answer.with_header(ATTRIBUTES, answer.headers.get(ATTRIBUTES, "")))


@mutant(kills="invocations.custom-attributes-out", reason="attributes-leak", layer="asgi")
def keeps_attributes_of_the_last_caller(app: App) -> App:
    """Answer the custom attributes of the last request that had some."""
    last = ""

    def change(headers: dict[str, str], answer: Reply) -> Reply:
        nonlocal last
        given = headers.get(ATTRIBUTES, "")
        if given.isascii() and given.isprintable():  # anything else could not be sent, and would hide this fault
            last = given or last
        return answer.with_header(ATTRIBUTES, last) if last else answer

    return changed_answers(app, change)
