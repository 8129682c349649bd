"""Faults of requests for many adapters at once, and of those under way when an adapter is unloaded."""

import dataclasses
from collections import Counter
from typing import Any

from seatrial.reference_server.errors import ServingError
from seatrial.reference_server.live import LiveCall
from seatrial.reference_server.model import InferenceRequest, InferenceResponse
from seatrial.reference_server.mutants.adapters_tools import (
    HEADER,
    Answering,
    adapter_of,
    answering,
    named,
    on_adapters,
)
from seatrial.reference_server.mutants.invocations_tools import answer_of, on_invocations
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, headers_of, reply
from seatrial.reference_server.variants import mutant

MANY = 4


# ---------------------------------------------------------------------------------------------------- while in use


@mutant(kills="lora.unload-in-use", reason="IN_FLIGHT_CHANGED", layer="model", also=("lora.lifecycle",))
def finishes_with_the_base_model(model: Any) -> Any:
    """Answer with the base model whoever waits for an adapter when it is unloaded."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        known = adapter_of(request) in model.adapters()
        response = await real(request, form, call)
        lost = known and adapter_of(request) not in model.adapters()
        return await real(named(request, ""), form, call) if lost else response

    return answering(model, answer)


@mutant(kills="lora.unload-in-use", reason="IN_FLIGHT_LOST", layer="asgi", also=("lora.lifecycle",))
def drops_who_waits_for_an_unloaded_adapter(app: App) -> App:
    """End the connection of whoever waits for an adapter when it is unloaded."""
    gone: set[str] = set()

    async def unload(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        gone.add(scope["path"].rpartition("/")[2])
        await inner(scope, receive, send)

    async def invoke(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        name = headers_of(scope).get(HEADER, "")
        before = name in gone
        answer = await answer_of(inner, scope, receive)
        if name not in gone or before:
            await reply(send, answer.status, answer.body, answer.headers.items())
        else:  # less than was announced: the connection ends
            headers = [(b"content-length", b"%d" % (len(answer.body) + 1))]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})

    return on_adapters(on_invocations(app, invoke), unload, "DELETE")


@mutant(
    kills="lora.unload-in-use", reason="UNLOAD_HARMS_SERVER", layer="model",
    also=("lora.lifecycle", "lora.base-unchanged", "lora.parallel-separate"),
)  # fmt: skip
def stumbles_after_an_unload_in_use(model: Any) -> Any:
    """Fail once for the base model after an adapter was unloaded that somebody was waiting for."""
    stumbling: list[str] = []

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        if stumbling and not adapter_of(request):
            stumbling.clear()
            raise ServingError("the engine was reset")
        known = adapter_of(request) in model.adapters()
        response = await real(request, form, call)
        if known and adapter_of(request) not in model.adapters():
            stumbling.append(adapter_of(request))
        return response

    return answering(model, answer)


# ----------------------------------------------------------------------------------------------------- many at once


@mutant(kills="lora.parallel-separate", reason="WRONG_ADAPTER", layer="model", also=("lora.lifecycle",))
def takes_the_first_adapter_of_a_batch(model: Any) -> Any:
    """Answer requests that are under way together with the adapter of the first."""
    batch: list[str] = []

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch.append(adapter_of(request))
        known = batch[0] in {"", *model.adapters()}
        try:
            return await real(named(request, batch[0]) if known else request, form, call)
        finally:
            batch.remove(adapter_of(request))

    return answering(model, answer)


@mutant(kills="lora.parallel-separate", reason="ADAPTERS_BLENDED", layer="model", also=("lora.lifecycle",))
def blends_the_adapters_of_a_batch(model: Any) -> Any:
    """Mix a little of each other's adapters into answers that are made together."""
    batch: Counter[str] = Counter()

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch[adapter_of(request)] += 1
        try:
            response = await real(request, form, call)
            mixed = len(+batch) > 1
        finally:
            batch.subtract([adapter_of(request)])
        if mixed and isinstance(response, InferenceResponse):
            return dataclasses.replace(response, body=response.body.replace(b"alpha.", b"alphabet."))
        return response

    return answering(model, answer)


@mutant(kills="lora.parallel-separate", reason="PARALLEL_CALL_FAILED", layer="model")
def fails_with_many_adapters(model: Any) -> Any:
    """Fail where more adapters are asked for at once than fit into a step."""
    batch: Counter[str] = Counter()

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch[adapter_of(request)] += 1
        try:
            if len(+batch) > MANY:
                raise ServingError("more adapters than slots")
            return await real(request, form, call)
        finally:
            batch.subtract([adapter_of(request)])

    return answering(model, answer)
