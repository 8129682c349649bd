"""Faults of which handler answers, and of what stands between it and the caller."""

import functools
import inspect
import json
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, change_method, part, wrap_handlers
from seatrial.reference_server.variants import mutant

BOTH_ROUTES = ("handlers.ping-replaced", "handlers.invocations-replaced")
JSON = "application/json"


@mutant(kills="standards.present", reason="STANDARDS_ABSENT", layer="standards")
def never_runs_the_script(package: ModuleType) -> ModuleType:
    """Leave the customer's script alone."""
    return change_method(package, "customer_code", "CustomerCode", "load_script", lambda _: lambda _code: None)


@mutant(kills="handlers.defaults", reason="DEFAULT_MISSING", layer="standards")
def script_takes_the_routes_away(package: ModuleType) -> ModuleType:
    """Answer 404 on a route that the script does not override."""

    def mount(real: Real, app: Any, handlers: Any) -> None:
        real(app, {"invoke": _gone(), **handlers})

    return around(package, "routes", "mount", mount)


@mutant(kills="handlers.defaults", reason="METHOD_ALLOWED", layer="standards")
def script_opens_other_methods(package: ModuleType) -> ModuleType:
    """Answer GET /invocations as soon as there is a script."""

    def mount(real: Real, app: Any, handlers: Any) -> None:
        real(app, handlers)
        app.add_api_route("/invocations", _nothing, methods=["GET"])
        app.router.routes.insert(0, app.router.routes.pop())

    return around(package, "routes", "mount", mount)


@mutant(kills="handlers.ping-replaced", reason="OVERRIDE_NOT_MOUNTED", layer="standards",
        also=("handlers.invocations-replaced",))  # fmt: skip
def mounts_overrides_behind_the_engine(package: ModuleType) -> ModuleType:
    """Put a customer's handlers behind the engine's routes, where nothing reaches them."""

    def mount(real: Real, app: Any, handlers: Any) -> None:
        before = list(app.router.routes)
        real(app, handlers)
        added = [route for route in app.router.routes if route not in before]
        app.router.routes[:] = [*before, *added]

    return around(package, "routes", "mount", mount)


@mutant(kills="handlers.ping-replaced", reason="ANSWER_CHANGED", layer="standards",
        also=("handlers.invocations-replaced",))  # fmt: skip
def loses_the_media_type(package: ModuleType) -> ModuleType:
    """Call every answer of a customer's handler JSON."""

    async def around(call: Callable[[], Awaitable[Any]]) -> Any:
        answer = await call()
        answer.headers["content-type"] = JSON
        return answer

    return wrap_handlers(package, around)


@mutant(kills="handlers.invocations-replaced", reason="ANSWER_CHANGED", layer="standards")
def merges_the_default_status(package: ModuleType) -> ModuleType:
    """Answer 200 wherever a customer's handler says 2xx."""

    async def around(call: Callable[[], Awaitable[Any]]) -> Any:
        answer = await call()
        answer.status_code = 200 if 200 <= answer.status_code < 300 else answer.status_code
        return answer

    return wrap_handlers(package, around)


@mutant(kills="handlers.status-honoured", reason="STATUS_REWRITTEN", layer="standards")
def turns_errors_into_200(package: ModuleType) -> ModuleType:
    """Answer 200 where a customer's handler says 503."""

    async def around(call: Callable[[], Awaitable[Any]]) -> Any:
        answer = await call()
        answer.status_code = 200 if answer.status_code == 503 else answer.status_code
        return answer

    return wrap_handlers(package, around)


@mutant(kills="handlers.other-methods", reason="METHOD_ALLOWED", layer="standards")
def overrides_every_method(package: ModuleType) -> ModuleType:
    """Let a customer's handler answer whatever the method is."""

    def add(real: Real, router: Any, route: Any, handler: Any) -> None:
        real(router, route, handler)
        router.routes[-1].methods |= {"PUT", "DELETE"}

    return around(package, "routes", "add", add)


@mutant(kills="handlers.body-unchanged", reason="BODY_CHANGED", layer="standards")
def writes_json_anew(package: ModuleType) -> ModuleType:
    """Parse a JSON body and write it back before the handler reads it."""

    async def before(request: Any) -> None:
        body = await request.body()
        try:
            request._body = json.dumps(json.loads(body)).encode()  # noqa: SLF001 - what Starlette keeps of a body
        except ValueError:
            return

    return _before_handlers(package, before)


@mutant(kills="handlers.body-unchanged", reason="ENGINE_CHECKS_FIRST", layer="standards",
        also=("handlers.no-engine-checks",))  # fmt: skip
def refuses_a_long_body(package: ModuleType) -> ModuleType:
    """Refuse more than one MiB before the handler is asked."""

    async def before(request: Any) -> None:
        if len(await request.body()) > 1 << 20:
            raise _http_error(413, "the body is too long")

    return _before_handlers(package, before)


@mutant(kills="handlers.no-engine-checks", reason="ENGINE_CHECKS_FIRST", layer="standards",
        also=("handlers.body-unchanged",))  # fmt: skip
def keeps_the_check_of_the_media_type(package: ModuleType) -> ModuleType:
    """Refuse a media type that the engine does not take before the handler is asked."""

    async def before(request: Any) -> None:
        if request.headers.get("content-type", JSON) not in {JSON, "text/csv"}:
            raise _http_error(415, "unsupported media type")

    return _before_handlers(package, before)


@mutant(kills="handlers.malformed-json", reason="MALFORMED_JSON_STATUS", layer="standards")
def answers_422_to_malformed_json(package: ModuleType) -> ModuleType:
    """Answer a body that is no JSON with 422, as FastAPI does."""
    refused = part(package, "transforms.refusals").RefusedError

    def parse(real: Real, body: bytes) -> Any:
        try:
            return real(body)
        except refused as error:
            raise refused(422, error.detail) from error

    return around(package, "sessions.core", "parse", parse)


@mutant(kills="handlers.malformed-json", reason="MALFORMED_JSON_STATUS", layer="standards")
def hides_why_json_is_malformed(package: ModuleType) -> ModuleType:
    """Answer a body that is no JSON with 400, and do not say what is wrong."""
    refused = part(package, "transforms.refusals").RefusedError

    def parse(real: Real, body: bytes) -> Any:
        try:
            return real(body)
        except refused as error:
            raise refused(400, "Bad Request") from error

    return around(package, "sessions.core", "parse", parse)


@mutant(kills="handlers.transforms-read-any-json", reason="CONTENT_TYPE_REQUIRED", layer="standards")
def transforms_ask_for_json_by_name(package: ModuleType) -> ModuleType:
    """Refuse a body behind a transform that does not call itself JSON."""
    refused = part(package, "transforms.refusals").RefusedError

    async def session_answer(real: Real, request: Any, keys: Any) -> Any:
        if request.headers.get("content-type") != JSON:
            raise refused(415, "expected application/json")
        return await real(request, keys)

    return around(package, "sessions.decorators", "session_answer", session_answer)


@mutant(kills="handlers.env-beats-decorator", reason="ORDER_SWAPPED", layer="standards", also=("handlers.env-first",))
def decorator_beats_env(package: ModuleType) -> ModuleType:
    """Ask the decorator first."""
    return _order(package, "DECORATOR", "ENVIRONMENT", "SCRIPT")


@mutant(kills="handlers.env-beats-named", reason="ORDER_SWAPPED", layer="standards",
        also=("handlers.env-first", "handlers.decorator-beats-named", "handlers.last-definition"))  # fmt: skip
def named_beats_env(package: ModuleType) -> ModuleType:
    """Ask the function of the documented name first."""
    return _order(package, "SCRIPT", "ENVIRONMENT", "DECORATOR")


@mutant(kills="handlers.decorator-beats-named", reason="ORDER_SWAPPED", layer="standards",
        also=("handlers.last-definition",))  # fmt: skip
def named_beats_decorator(package: ModuleType) -> ModuleType:
    """Ask the function of the documented name before the decorator."""
    return _order(package, "ENVIRONMENT", "SCRIPT", "DECORATOR")


@mutant(kills="handlers.env-first", reason="ORDER_SWAPPED", layer="standards")
def env_gives_way_to_two_others(package: ModuleType) -> ModuleType:
    """Pass a variable over where the script both decorates and names a handler."""
    resolution = part(package, "resolution")

    def from_environment(real: Real, kind: str, code: Any) -> Any:
        two = resolution.from_decorator(kind) and hasattr(code.script, resolution.FUNCTIONS[kind])
        return None if two else real(kind, code)

    return around(package, "resolution", "from_environment", from_environment)


@mutant(kills="handlers.env-beats-engine", reason="VARIABLE_IGNORED", layer="standards",
        also=("handlers.routes-independent",))  # fmt: skip
def env_needs_another_source(package: ModuleType) -> ModuleType:
    """Pass a variable over where the script has no handler for the route."""
    resolution = part(package, "resolution")

    def from_environment(real: Real, kind: str, code: Any) -> Any:
        other = resolution.from_decorator(kind) or hasattr(code.script, resolution.FUNCTIONS[kind])
        return real(kind, code) if other else None

    return around(package, "resolution", "from_environment", from_environment)


@mutant(kills="handlers.decorator-beats-engine", reason="DECORATOR_IGNORED", layer="standards",
        also=("handlers.routes-independent",))  # fmt: skip
def single_decorator_is_ignored(package: ModuleType) -> ModuleType:
    """Pass a decorated handler over where the other route has none of the documented name."""
    resolution = part(package, "resolution")

    def find(real: Real, source: Any, kind: str, code: Any) -> Any:
        alone = not any(hasattr(code.script, name) for name in resolution.FUNCTIONS.values())
        return None if alone and source is resolution.Source.DECORATOR else real(source, kind, code)

    return around(package, "resolution", "find", find)


@mutant(kills="handlers.named-beats-engine", reason="NAME_IGNORED", layer="standards")
def never_looks_for_the_names(package: ModuleType) -> ModuleType:
    """Take the engine's handler where the script only names one."""
    return change(package, "resolution", "from_script", lambda _: lambda _kind, _script: None)


@mutant(kills="handlers.routes-independent", reason="ROUTES_COUPLED", layer="standards")
def one_override_takes_both_routes(package: ModuleType) -> ModuleType:
    """Let the handler of one route answer the other, where that has none."""
    kinds = part(package, "resolution").KINDS

    def overrides(real: Real, code: Any) -> dict[str, Any]:
        found: dict[str, Any] = real(code)
        return dict.fromkeys(kinds, next(iter(found.values()))) if len(found) == 1 else found

    return around(package, "resolution", "overrides", overrides)


@mutant(kills="handlers.exact-names", reason="NAME_GUESSED", layer="standards")
def guesses_names(package: ModuleType) -> ModuleType:
    """Take a function called ping_handler or invoke for a handler."""
    lookalikes = {"ping": "ping_handler", "invoke": "invoke"}

    def from_script(real: Real, kind: str, script: Any) -> Any:
        return real(kind, script) or getattr(script, lookalikes[kind], None)

    return around(package, "resolution", "from_script", from_script)


@mutant(kills="handlers.last-definition", reason="FIRST_DEFINITION_WINS", layer="standards")
def first_definition_wins(package: ModuleType) -> ModuleType:
    """Keep the first function that a decorator was used for."""

    def set_decorator_handler(real: Real, registry: Any, kind: str, handler: Any) -> None:
        if not registry.has_decorator_handler(kind):
            real(registry, kind, handler)

    return around(package, "registry", "HandlerRegistry.set_decorator_handler", set_decorator_handler)


@mutant(kills="handlers.called-decorator", reason="BARE_DECORATOR_ONLY", layer="standards")
def called_decorator_does_nothing(package: ModuleType) -> ModuleType:
    """Take a decorator with parentheses, and forget what it decorates."""

    def decorator(real: Real, handler: Any = None) -> Any:
        return real(handler) if handler is not None else lambda decorated: decorated

    return around(package, "sagemaker", "custom_ping_handler", decorator)


@mutant(kills="handlers.register-is-no-override", reason="REGISTRATION_OVERRIDES", layer="standards")
def registration_overrides(package: ModuleType) -> ModuleType:
    """Take what a script registers as an engine would for an override."""
    sagemaker = part(package, "sagemaker")
    change(package, "sagemaker", "register_ping_handler", lambda _: sagemaker.custom_ping_handler)
    return change(package, "sagemaker", "register_invocation_handler", lambda _: sagemaker.custom_invocation_handler)


def _order(package: ModuleType, *names: str) -> ModuleType:
    sources = part(package, "resolution").Source
    return change(package, "resolution", "ORDER", lambda _: tuple(sources[name] for name in names))


def _before_handlers(package: ModuleType, before: Callable[[Any], Awaitable[None]]) -> ModuleType:
    """Do something with the request before a handler that takes it is called."""

    def endpoint(real: Real, handler: Any) -> Any:
        made = real(handler)
        if not (inspect.iscoroutinefunction(made) and "request" in inspect.signature(made).parameters):
            return made

        @functools.wraps(made)
        async def call(request: Any) -> Any:
            await before(request)
            return await made(request)

        call.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]  # any function has one
        return call

    return around(package, "parameters", "endpoint", endpoint)


def _http_error(status: int, detail: str) -> Exception:
    from fastapi import HTTPException  # noqa: PLC0415 - only where there is customer code

    return HTTPException(status, detail)


def _gone() -> Callable[[], Awaitable[Any]]:
    async def gone() -> Any:
        raise _http_error(404, "Not Found")

    return gone


async def _nothing() -> dict[str, str]:
    return {}
