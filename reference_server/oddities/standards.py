"""Legal peculiarities of what a customer may change: where the document and the known code differ, and beyond."""

import asyncio
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, change_method, part
from seatrial.reference_server.variants import oddity

FORMATTERS, FUNCTION = "middleware.formatters", "middleware.function"
FOR_EVER = 3600.0


@oddity(layer="standards")
def takes_a_bare_request_for_a_query_parameter(package: ModuleType) -> ModuleType:
    """Answer 422 where the parameter `request` of a handler has no annotation, as FastAPI does by itself."""
    return change(package, "parameters", "endpoint", lambda _: lambda handler: handler)


@oddity(layer="standards")
def leaves_a_broken_layer_out(package: ModuleType) -> ModuleType:
    """Start with an error in the log, and without the layer, where its variable names nothing."""
    errors = part(package, "exceptions")

    def choose(real: Real, *args: Any, **kwargs: Any) -> Any:
        try:
            return real(*args, **kwargs)
        except errors.MiddlewareConfigurationError:
            return None

    return around(package, "middleware.registry", "choose", choose)


@oddity(layer="standards")
def refuses_every_broken_layer(package: ModuleType) -> ModuleType:
    """Refuse the start where a variable of a layer names nothing, though another layer is decorated for its place."""
    errors = part(package, "exceptions")

    def choose(real: Real, place: str, variables: Any, *args: Any, **kwargs: Any) -> Any:
        if broken := variables.error_of(place):
            raise errors.MiddlewareConfigurationError(f"{broken[0]}: {broken[1]}")
        return real(place, variables, *args, **kwargs)

    return around(package, "middleware.registry", "choose", choose)


@oddity(layer="standards")
def answers_500_where_an_input_formatter_refuses(package: ModuleType) -> ModuleType:
    """Answer 500 with the message where pre-processing raises an HTTPException."""
    failure = part(package, FORMATTERS).failure
    return change(package, FORMATTERS, "refusal", lambda _: failure)


@oddity(layer="standards")
def ignores_an_edit_of_an_answer(package: ModuleType) -> ModuleType:
    """Send the body as the handler made it, whatever post-processing sets."""

    async def call(real: Real, self: Any, *args: Any) -> None:
        if self.__dict__.get("body") is not self._whole:
            del self.__dict__["body"]
        await real(self, *args)

    return around(package, "middleware.response", "EngineResponse.__call__", call)


@oddity(layer="standards")
def answers_with_the_status_that_a_layer_raised(package: ModuleType) -> ModuleType:
    """Give the client the HTTPException that a throttle raises, instead of 500."""
    formatters = part(package, FORMATTERS)

    def make(real: Real) -> Real:
        def init(self: Any, app: Any, dispatch: Any) -> None:
            async def answering(request: Any, call_next: Any) -> Any:
                try:
                    return await dispatch(request, call_next)
                except formatters.HTTPException as error:
                    return formatters.refusal(error)

            real(self, app, answering)

        return init

    return change_method(package, FUNCTION, "FunctionMiddleware", "__init__", make)


@oddity(layer="standards")
def takes_another_request_or_an_answer_of_the_input_formatter(package: ModuleType) -> ModuleType:
    """Use whatever pre-processing returns: the body of another request, or an answer that ends the call."""

    def make(_: Real) -> Real:
        async def around(pre: Any, post: Any, request: Any, call_next: Callable[[Any], Any]) -> Any:
            given = await pre(request) if pre is not None else None
            if hasattr(given, "status_code"):
                return given
            if given is not None and given is not request:
                request._body = await given.body()  # noqa: SLF001  # how a body is replaced
            response = await call_next(request)
            changed = await post(response) if post is not None else None
            return response if changed is None else changed

        return around

    return change(package, FORMATTERS, "_around", make)


@oddity(layer="standards")
def runs_layers_that_are_plain_functions(package: ModuleType) -> ModuleType:
    """Run a layer or a part that is no coroutine in a thread."""

    def init(real: Real) -> Real:
        def made(self: Any, app: Any, dispatch: Any) -> None:
            real(self, app, _awaitable(dispatch))

        return made

    def combined(real: Real) -> Real:
        return lambda pre, post: real(pre and _awaitable(pre), post and _awaitable(post))

    change(package, FORMATTERS, "combined", combined)
    return change_method(package, FUNCTION, "FunctionMiddleware", "__init__", init)


def _awaitable(function: Any) -> Any:
    if inspect.iscoroutinefunction(function):
        return function

    async def call(*args: Any) -> Any:
        result = await asyncio.to_thread(function, *args)
        return await result if inspect.isawaitable(result) else result

    return call


@oddity(layer="standards")
def stays_after_giving_up(package: ModuleType) -> ModuleType:
    """Give up on a server that cannot be started, and stay without one, as supervisord does."""
    stopped = part(package, "supervisor.family").StopRequested
    pause = part(package, "supervisor.family").pause

    def run(real: Real, self: Any) -> Any:
        code = real(self)
        if code == 0:
            return code
        self.tell(part(package, "supervisor.telling").Level.INFO, "the program entered FATAL state")
        try:
            pause(FOR_EVER)
        except stopped:
            return 0
        return code

    return around(package, "supervisor.loop", "Supervisor.run", run)


@oddity(layer="standards")
def refuses_the_level_warning(package: ModuleType) -> ModuleType:
    """End where LOG_LEVEL is `WARNING`, which supervisord calls `warn`."""
    return change(package, "supervisor.settings", "LEVELS", lambda real: real - {"warning"})


@oddity(layer="standards")
def takes_yes_for_true(package: ModuleType) -> ModuleType:
    """Supervise where PROCESS_AUTO_RECOVERY is `yes` or `on`."""
    return change(package, "supervisor.settings", "TRUE", lambda real: real | {"yes", "on"})


@oddity(layer="standards")
def takes_short_names_for_handlers(package: ModuleType) -> ModuleType:
    """Let functions of the script called ping and invocations answer, as one of the documents says."""
    short = {"ping": "ping", "invoke": "invocations"}

    def from_script(real: Real, kind: str, script: Any) -> Any:
        return real(kind, script) or getattr(script, short[kind], None)

    return around(package, "resolution", "from_script", from_script)


@oddity(layer="standards")
def keeps_the_model_directory_off_the_path(package: ModuleType) -> ModuleType:
    """Import no module of the model directory by its name, and refuse the start where one is named."""
    return change(package, "loading", "make_importable", lambda _: lambda _directory: None)


@oddity(layer="standards")
def refuses_malformed_names(package: ModuleType) -> ModuleType:
    """Refuse the start where a variable names neither a file nor a module with a function."""
    environment, spec = part(package, "environment"), part(package, "spec")
    errors = part(package, "exceptions")

    def handler_of(real: Real, code: Any, variable: str) -> Any:
        parsed = spec.parse_handler_spec(environment.value_of(variable, code.environ))
        if parsed is not None and not parsed.is_function:
            raise errors.InvalidHandlerSpecError(parsed.spec, "expected file.py:name")
        return real(code, variable)

    return around(package, "customer_code", "CustomerCode.handler_of", handler_of)


@oddity(layer="standards")
def takes_decorators_with_parentheses(package: ModuleType) -> ModuleType:
    """Let `@custom_ping_handler()` decorate as `@custom_ping_handler` does."""

    def make(real: Real) -> Real:
        return lambda handler=None: real if handler is None else real(handler)

    change(package, "sagemaker", "custom_ping_handler", make)
    return change(package, "sagemaker", "custom_invocation_handler", make)


@oddity(layer="standards")
def refuses_head_on_ping(package: ModuleType) -> ModuleType:
    """Answer HEAD /ping with 405 once a customer's handler answers GET, as FastAPI does by itself."""

    def add(real: Real, router: Any, route: Any, handler: Any) -> None:
        real(router, route, handler)
        if route.path == "/ping":
            router.add_api_route("/ping", _not_allowed, methods=["HEAD"], status_code=405)
            routes = router.routes
            routes[-1], routes[-2] = routes[-2], routes[-1]
            routes.insert(0, routes.pop(-2))

    return around(package, "routes", "add", add)


async def _not_allowed() -> None:
    return None
