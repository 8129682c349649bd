"""Faults of choosing the adapter of a request."""

from typing import Any

from seatrial.reference_server.errors import NotFoundError, ServingError
from seatrial.reference_server.live import LiveCall
from seatrial.reference_server.model import InferenceRequest
from seatrial.reference_server.mutants.adapters_tools import (
    HEADER,
    Answering,
    adapter_of,
    answering,
    named,
    without_model,
)
from seatrial.reference_server.mutants.invocations_tools import (
    answer_of,
    changed_bodies,
    changed_headers,
    given,
    on_invocations,
    whole_body,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, headers_of, reply
from seatrial.reference_server.variants import mutant


def without_header(app: App) -> App:
    """Return the application that never sees the header."""
    return changed_headers(app, lambda headers: {name: value for name, value in headers.items() if name != HEADER})


@mutant(kills="lora.selected-by-header", reason="SERVED_BY_BASE", layer="asgi")
def ignores_the_adapter_header(app: App) -> App:
    """Choose the adapter by `model` in the body only."""
    return without_header(app)


@mutant(kills="lora.selected-by-header", reason="SERVED_BY_BASE", layer="asgi", also=("lora.model-in-body",))
def serves_the_base_model_to_all(app: App) -> App:
    """Load adapters and never use them."""
    return changed_bodies(without_header(app), without_model)


@mutant(kills="lora.selected-by-header", reason="ADAPTERS_CONFUSED", layer="model")
def takes_the_newest_adapter(model: Any) -> Any:
    """Answer with the adapter that was loaded last, whichever of them the header names."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        names = tuple(model.adapters())
        known = adapter_of(request) in names
        return await real(named(request, names[-1]) if known else request, form, call)

    return answering(model, answer)


@mutant(kills="lora.selected-by-header", reason="ADAPTER_REFUSED", layer="asgi")
def fails_with_every_adapter(app: App) -> App:
    """Load an adapter, and fail for whoever names it in the header."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        fails = answer.status == 200 and HEADER in headers_of(scope)
        await reply(send, 500 if fails else answer.status, answer.body, answer.headers.items())

    return on_invocations(app, handle)


@mutant(kills="lora.header-wins", reason="BODY_WINS", layer="asgi")
def believes_the_body_first(app: App) -> App:
    """Choose by `model` in the body, and by the header where there is none."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        kept = [pair for pair in scope["headers"] if pair[0].lower() != HEADER.encode()]
        chosen = without_model({}, body) != body
        await inner({**scope, "headers": kept} if chosen else scope, given(body, receive), send)

    return on_invocations(app, handle)


@mutant(kills="lora.base-unchanged", reason="BASE_CHANGED", layer="model", also=("lora.model-in-body",))
def keeps_the_last_adapter(model: Any) -> Any:
    """Answer a request that names no adapter with the one that answered last."""
    last = [""]

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        chosen = adapter_of(request) or last[0]
        known = chosen in model.adapters()
        response = await real(named(request, chosen) if known else request, form, call)
        last[0] = chosen if known else ""
        return response

    return answering(model, answer)


@mutant(kills="lora.unknown-refused", reason="UNKNOWN_SERVED", layer="model")
def falls_back_to_the_base_model(model: Any) -> Any:
    """Answer with the base model where the header names an adapter that is not loaded."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        return await real(request if adapter_of(request) in model.adapters() else named(request, ""), form, call)

    return answering(model, answer)


@mutant(kills="lora.unknown-refused", reason="UNKNOWN_UNNAMED", layer="model")
def refuses_a_stranger_without_a_word(model: Any) -> Any:
    """Refuse an adapter that is not loaded, and do not say which."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        try:
            return await real(request, form, call)
        except NotFoundError as error:
            raise NotFoundError("no such model") from error

    return answering(model, answer)


@mutant(kills="lora.unknown-refused", reason="UNKNOWN_STATUS", layer="model")
def fails_with_a_stranger(model: Any) -> Any:
    """Fail with 500 where the header names an adapter that is not loaded."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        try:
            return await real(request, form, call)
        except NotFoundError as error:
            if not adapter_of(request):
                raise
            raise ServingError(error.message) from error

    return answering(model, answer)


@mutant(kills="lora.model-in-body", reason="MODEL_IGNORED", layer="asgi")
def ignores_the_model_of_a_body(app: App) -> App:
    """Pass over `model` in the body of a request."""
    return changed_bodies(app, without_model)


@mutant(kills="lora.model-in-body", reason="MODEL_STATUS", layer="model")
def fails_with_a_model_that_is_not_there(model: Any) -> Any:
    """Fail with 500 where `model` in the body names nobody."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        try:
            return await real(request, form, call)
        except NotFoundError as error:
            if adapter_of(request):
                raise
            raise ServingError(error.message) from error

    return answering(model, answer)
