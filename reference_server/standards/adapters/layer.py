"""Adapters for a server that is plain ASGI: the routes in front of it, and the injection around its inference route."""

from urllib.parse import parse_qsl

from seatrial.reference_server.protocols.asgi import App, CallerLeftError, Receive, Scope, Send
from seatrial.reference_server.standards.adapters import answers
from seatrial.reference_server.standards.adapters.constants import PATH, SageMakerLoRAApiHeader
from seatrial.reference_server.standards.adapters.engine import AdapterEngine, AdapterError
from seatrial.reference_server.standards.adapters.injection import Injection
from seatrial.reference_server.standards.transforms.asgi import (
    Reply,
    header,
    not_allowed,
    read_up_to,
    refusal,
    replay,
    says_json,
    send_reply,
    with_body,
)
from seatrial.reference_server.standards.transforms.bodies import is_object
from seatrial.reference_server.standards.transforms.refusals import RefusedError

# A request to load an adapter is a few short texts.
LONGEST_REQUEST = 2**20


def injection_layer(app: App, injection: Injection, *, limit: int, path: str = "/invocations") -> App:
    """Put the injection around a route; a body that says it is no JSON, and is no JSON object, goes through unchanged.

    Args:
        app: the application inside.
        injection: where the name of the adapter goes.
        limit: the longest body in bytes; a longer one is given on unread.
        path: the route.
    """

    async def with_adapter(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != path or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        try:
            body, whole, messages = await read_up_to(receive, limit)
        except CallerLeftError:
            return
        again = replay(messages, receive)
        if not whole or not (says_json(scope) or is_object(body)):
            await app(scope, again, send)
            return
        try:
            changed = injection.into(body, header(scope, SageMakerLoRAApiHeader.ADAPTER_IDENTIFIER))
        except RefusedError as refused:
            await send_reply(refusal(refused), send)
            return
        connection = (scope, again) if changed is body else with_body(scope, receive, changed)
        await app(*connection, send)

    return with_adapter


def adapter_layer(app: App, engine: AdapterEngine, *, limit: int = LONGEST_REQUEST) -> App:
    """Put the routes of adapters in front of a server.

    Args:
        app: the application that serves all other paths.
        engine: takes the adapters.
        limit: the longest request in bytes.
    """

    async def with_adapters(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_ours(scope["path"]):
            await app(scope, receive, send)
            return
        try:
            reply = await _answer(engine, scope, receive, limit)
        except CallerLeftError:
            return
        except RefusedError as refused:
            reply = refusal(refused)
        except AdapterError as error:
            reply = refusal(RefusedError(error.status, error.message))
        await send_reply(reply, send, head=scope["method"] == "HEAD")

    return with_adapters


def is_ours(path: str) -> bool:
    """Whether a path is `/adapters`, `/adapters/` or `/adapters/NAME`; a name has no slash."""
    if path in {PATH, f"{PATH}/"}:
        return True
    return path.startswith(f"{PATH}/") and "/" not in path.removeprefix(f"{PATH}/")


async def _answer(engine: AdapterEngine, scope: Scope, receive: Receive, limit: int) -> Reply:
    name = scope["path"].removeprefix(PATH).removeprefix("/")
    if name:
        return await _unload(engine, scope, name)
    if scope["path"] != PATH:
        return Reply(307, headers=(("location", PATH),))
    match scope["method"]:
        case "POST":
            return await _load(engine, scope, receive, limit)
        case "GET" | "HEAD":
            return answers.listing(engine.loaded())
    return not_allowed("GET", "HEAD", "POST")


async def _load(engine: AdapterEngine, scope: Scope, receive: Receive, limit: int) -> Reply:
    # The request's class is one of pydantic's: whoever loads no adapter does not wait for its import.
    from seatrial.reference_server.standards.adapters.models import load_request  # noqa: PLC0415

    body, whole, _ = await read_up_to(receive, limit)
    if not whole:
        raise RefusedError(413, f"the request is longer than {limit} bytes, expected a name and a source")
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
    wanted = load_request(body, query)
    await engine.load(wanted.name, wanted.src, preload=wanted.preload, pin=wanted.pin)
    return answers.loaded(wanted.name, header(scope, SageMakerLoRAApiHeader.ADAPTER_ALIAS))


async def _unload(engine: AdapterEngine, scope: Scope, name: str) -> Reply:
    if scope["method"] != "DELETE":
        return not_allowed("DELETE")
    await engine.unload(name)
    return answers.unloaded(name, header(scope, SageMakerLoRAApiHeader.ADAPTER_ALIAS))
