"""Legal peculiarities of predictions: what is refused how, and which headers are read and set."""

import dataclasses

from seatrial.reference_server.mutants.invocations_tools import (
    Reply,
    changed_answers,
    changed_headers,
    given,
    on_invocations,
    whole_body,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import oddity

ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"


@oddity(layer="asgi")
def answers_204_to_nothing(app: App) -> App:
    """Answer an empty body with 204, as XGBoost's own container does."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        if body:
            await inner(scope, given(body, receive), send)
        else:
            await reply(send, 204)

    return on_invocations(app, handle)


@oddity(layer="asgi")
def never_reads_accept(app: App) -> App:
    """Answer in its one media type whatever Accept says, as RFC 9110 allows."""
    return changed_headers(app, lambda headers: {name: value for name, value in headers.items() if name != "accept"})


@oddity(layer="asgi")
def always_sets_attributes(app: App) -> App:
    """Answer custom attributes of its own, whatever the caller sent."""
    return changed_answers(app, lambda _, answer: answer.with_header(ATTRIBUTES, "model=echo,version=1"))


@oddity(layer="asgi")
def refuses_in_words_called_html(app: App) -> App:
    """Refuse bad input in plain words under `text/html`, as Flask does with a string."""

    def change(_: dict[str, str], answer: Reply) -> Reply:
        if not 400 <= answer.status < 500:
            return answer
        return dataclasses.replace(
            answer, body=b"cannot read the body", headers={"content-type": "text/html; charset=utf-8"}
        )

    return changed_answers(app, change)
