"""Legal peculiarities of adapters: what is refused how, what a taken name means, what becomes of answers under way."""

import dataclasses
import json
from collections import Counter
from itertools import count
from typing import Any

from seatrial.reference_server.backends.llm.adapter_source import folder_of
from seatrial.reference_server.errors import InvalidRequestError, NotFoundError, ServingError, UnavailableError
from seatrial.reference_server.live import LiveCall
from seatrial.reference_server.model import InferenceRequest, InferenceResponse
from seatrial.reference_server.mutants.adapters_tools import (
    Answering,
    adapter_of,
    answering,
    on_adapters,
    restated,
    without_model,
)
from seatrial.reference_server.mutants.invocations_tools import answer_of, given, on_invocations, whole_body
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import oddity

JSON = (("content-type", "application/json"),)
SIDE_BY_SIDE = 12


class InUseError(ServingError):
    """An adapter cannot be given up now."""

    status = 409
    code = "in_use"


@oddity(layer="asgi")
def answers_loads_with_json(app: App) -> App:
    """Answer a load with 201 and an object, as DJL Serving answers with objects of its own."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        if answer.status == 200:
            await reply(send, 201, json.dumps({"status": answer.body.decode()}).encode(), JSON)
        else:
            await reply(send, answer.status, answer.body, answer.headers.items())

    return on_adapters(app, handle, "POST")


@oddity(layer="asgi")
def refuses_half_a_load_with_422(app: App) -> App:
    """Refuse a load that lacks a field with 422, as FastAPI does by itself."""
    return restated(app, "POST", 422, lambda answer: answer.status == 400 and b'\\"loc\\"' in answer.body)


@oddity(layer="asgi")
def knows_no_404_for_adapters(app: App) -> App:
    """Refuse what is not there with 400: a source, and the unload of a stranger."""
    loads = restated(app, "POST", 400, lambda answer: answer.status == 404)
    return restated(loads, "DELETE", 400, lambda answer: answer.status == 404)


@oddity(layer="asgi")
def keeps_its_adapters_to_itself(app: App) -> App:
    """Have no list of adapters."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        del inner, scope, receive
        await reply(send, 405, b'{"detail": "Method Not Allowed"}', JSON)

    return on_adapters(app, handle, "GET", "HEAD")


@oddity(layer="model")
def replaces_a_taken_name(model: Any) -> Any:
    """Load an adapter over another one of its name."""
    real, engine = model.load_adapter, model.engine

    def load_adapter(name: str, src: str) -> None:
        try:
            real(name, src)
        except InvalidRequestError:
            if name not in model.adapters():
                raise
            # In one step: whoever asks meanwhile is answered by the one or by the other, never by nobody.
            loaded = engine._read_adapter(name, folder_of(src, model._folder))  # noqa: SLF001
            with model._changing:  # noqa: SLF001
                engine._adapters[name], model._sources[name] = loaded, src  # noqa: SLF001

    model.load_adapter = load_adapter
    return model


@oddity(layer="model")
def refuses_to_unload_what_is_in_use(model: Any) -> Any:
    """Answer 409 to an unload while somebody waits for the adapter."""
    batch: Counter[str] = Counter()
    unload = model.unload_adapter

    def unload_adapter(name: str) -> None:
        if batch[name] > 0:
            raise InUseError(f"the adapter {name!r} is in use: try again")
        unload(name)

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch[adapter_of(request)] += 1
        try:
            return await real(request, form, call)
        finally:
            batch[adapter_of(request)] -= 1

    model.unload_adapter = unload_adapter
    return answering(model, answer)


@oddity(layer="model")
def ends_answers_of_an_unloaded_adapter(model: Any) -> Any:
    """Refuse whoever waits for an adapter when it is unloaded."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        known = adapter_of(request) in model.adapters()
        response = await real(request, form, call)
        if known and adapter_of(request) not in model.adapters():
            raise UnavailableError(f"the adapter {adapter_of(request)!r} was unloaded meanwhile")
        return response

    return answering(model, answer)


@oddity(layer="asgi")
def takes_no_model_on_invocations(app: App) -> App:
    """Refuse a body on /invocations that names a model: there the header chooses."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        headers = {name.lower() for name, _ in scope["headers"]}
        if without_model({}, body) != body and b"x-amzn-sagemaker-adapter-identifier" not in headers:
            await reply(send, 400, b'{"error": "unknown field: model"}', JSON)
        else:
            await inner(scope, given(body, receive), send)

    return on_invocations(app, handle)


@oddity(layer="model")
def refuses_a_stranger_with_400(model: Any) -> Any:
    """Refuse an adapter that nobody loaded with 400."""

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        try:
            return await real(request, form, call)
        except NotFoundError as error:
            raise InvalidRequestError(error.message) from error

    return answering(model, answer)


@oddity(layer="model")
def has_few_places_for_adapters(model: Any) -> Any:
    """Answer 503 to more than a dozen requests at once."""
    batch: Counter[str] = Counter()

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch["all"] += 1
        try:
            if batch["all"] > SIDE_BY_SIDE:
                raise UnavailableError("every place is taken: try again")
            return await real(request, form, call)
        finally:
            batch["all"] -= 1

    return answering(model, answer)


@oddity(layer="model")
def rounds_otherwise_in_a_batch(model: Any) -> Any:
    """Choose other words now and then where answers are made together, as sums in another order do on a GPU."""
    batch: Counter[str] = Counter()
    numbers = count()

    async def answer(real: Answering, request: InferenceRequest, form: str, call: LiveCall) -> Any:
        batch["all"] += 1
        try:
            response = await real(request, form, call)
            rounded = batch["all"] > 1 and next(numbers) % 3 == 0
        finally:
            batch["all"] -= 1
        if rounded and isinstance(response, InferenceResponse):
            return dataclasses.replace(response, body=response.body.replace(b'."', b'!"'))
        return response

    return answering(model, answer)
