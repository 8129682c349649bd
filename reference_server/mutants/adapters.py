"""Faults of loading and unloading adapters over HTTP."""

import json
from typing import Any
from urllib.parse import parse_qs

from seatrial.reference_server.errors import InvalidRequestError
from seatrial.reference_server.mutants.adapters_tools import PATH, loads, on_adapters, restated, unloads
from seatrial.reference_server.mutants.invocations_tools import answer_of, given, whole_body, with_length
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

JSON = (("content-type", "application/json"),)
TAKEN, DAMAGED, HALF = b"is taken", b"cannot be used", b'\\"loc\\"'


@mutant(kills="lora.present", reason="NO_ADAPTER_ROUTE", layer="asgi")
def serves_no_adapters(app: App) -> App:
    """Have no route for adapters."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        del inner, scope, receive
        await reply(send, 404, b'{"detail": "Not Found"}', JSON)

    return on_adapters(app, handle)


@mutant(kills="lora.load-by-query", reason="QUERY_LOAD_REFUSED", layer="asgi")
def loads_by_json_only(app: App) -> App:
    """Want a JSON body, which the platform does not send."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        if body:
            await inner(scope, given(body, receive), send)
        else:
            await reply(send, 422, b'{"detail": "the body is empty"}', JSON)

    return loads(app, handle)


@mutant(
    kills="lora.load-by-query", reason="LOADED_WITHOUT_EFFECT", layer="asgi",
    also=("lora.selected-by-header", "lora.load-taken-name", "lora.unload"),
)  # fmt: skip
def loads_by_query_in_words_only(app: App) -> App:
    """Answer a load without a body with 200, and have nothing under its name."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        answer = await answer_of(inner, scope, given(body, receive))
        if answer.status == 200 and not body:
            name = parse_qs(scope["query_string"].decode())["name"][0]
            await answer_of(inner, {**scope, "method": "DELETE", "path": f"{PATH}/{name}"}, given(b"", receive))
        await reply(send, answer.status, answer.body, answer.headers.items())

    return loads(app, handle)


@mutant(kills="lora.load-by-body", reason="JSON_LOAD_REFUSED", layer="asgi")
def loads_by_query_only(app: App) -> App:
    """Read the query only."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        await whole_body(receive)
        await inner(with_length(scope, 0), given(b"", receive), send)

    return loads(app, handle)


@mutant(kills="lora.load-incomplete", reason="INCOMPLETE_LOAD_STATUS", layer="asgi")
def fails_on_half_a_load(app: App) -> App:
    """Fail with 500 where a field of a load is missing."""
    return restated(app, "POST", 500, lambda answer: answer.status == 400 and HALF in answer.body)


@mutant(kills="lora.load-from-nowhere", reason="MISSING_SOURCE_TAKEN", layer="asgi")
def takes_what_is_not_there(app: App) -> App:
    """Promise an adapter from a path that does not exist, and find out at the first call."""
    return restated(app, "POST", 200, lambda answer: answer.status == 404)


@mutant(kills="lora.load-from-nowhere", reason="MISSING_SOURCE_STATUS", layer="asgi")
def fails_on_what_is_not_there(app: App) -> App:
    """Fail with 500 where a path does not exist."""
    return restated(app, "POST", 500, lambda answer: answer.status == 404)


@mutant(kills="lora.load-damaged", reason="DAMAGED_ADAPTER_TAKEN", layer="asgi")
def takes_damaged_weights(app: App) -> App:
    """Take an adapter by its description, and read its weights at the first call."""
    return restated(app, "POST", 200, lambda answer: answer.status == 400 and DAMAGED in answer.body)


@mutant(kills="lora.load-damaged", reason="DAMAGED_ADAPTER_STATUS", layer="asgi")
def fails_on_damaged_weights(app: App) -> App:
    """Fail with 500 where weights cannot be read."""
    return restated(app, "POST", 500, lambda answer: answer.status == 400 and DAMAGED in answer.body)


@mutant(kills="lora.load-taken-name", reason="DUPLICATE_STATUS", layer="asgi")
def fails_on_a_taken_name(app: App) -> App:
    """Fail with 500 where the name of an adapter is taken."""
    return restated(app, "POST", 500, lambda answer: answer.status == 400 and TAKEN in answer.body)


@mutant(kills="lora.load-taken-name", reason="DUPLICATE_MISREPORTED", layer="asgi", also=("lora.lifecycle",))
def promises_a_taken_name(app: App) -> App:
    """Say that a second adapter is loaded under a name, and keep the first."""
    return restated(app, "POST", 200, lambda answer: answer.status == 400 and TAKEN in answer.body)


@mutant(kills="lora.unload", reason="STILL_LOADED", layer="asgi")
def unloads_in_words_only(app: App) -> App:
    """Answer an unload with 200, and keep the adapter."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].rpartition("/")[2]
        listed = await answer_of(inner, {**scope, "method": "GET", "path": PATH}, receive)
        if name in {entry["name"] for entry in json.loads(listed.body)["adapters"]}:
            await reply(send, 200, f"Adapter {name} unregistered".encode())
        else:
            await inner(scope, receive, send)

    return unloads(app, handle)


@mutant(kills="lora.unload", reason="UNLOAD_REFUSED", layer="asgi")
def fails_after_an_unload(app: App) -> App:
    """Unload, and answer 500."""
    return restated(app, "DELETE", 500, lambda answer: answer.status == 200)


@mutant(kills="lora.unload-unknown", reason="UNKNOWN_UNLOAD_STATUS", layer="asgi")
def unloads_strangers_as_well(app: App) -> App:
    """Answer the unload of what nobody loaded with 200."""
    return restated(app, "DELETE", 200, lambda answer: answer.status == 404)


@mutant(kills="lora.lifecycle", reason="WRONG_ADAPTER", layer="model")
def keeps_the_weights_of_a_name(model: Any) -> Any:
    """Give a name the weights that it had the first time, whatever is loaded under it later."""
    real, first = model.load_adapter, dict[str, str]()
    model.load_adapter = lambda name, src: real(name, first.setdefault(name, src))
    return model


@mutant(kills="lora.lifecycle", reason="LORA_ADAPTER_LIFE", layer="model")
def never_gives_a_name_again(model: Any) -> Any:
    """Refuse a name that was unloaded as if it were taken."""
    real, used = model.load_adapter, set[str]()

    def load_adapter(name: str, src: str) -> None:
        if name in used and name not in model.adapters():
            raise InvalidRequestError(f"the name {name!r} is taken: unload that adapter first")
        real(name, src)
        used.add(name)

    model.load_adapter = load_adapter
    return model
