"""Faults of layers: their order, and which source of them wins. Those of formatters: `standards_formatters`."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, change_method, part
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.variants import mutant

THROTTLE, PROCESS = "throttle", "pre_post_process"
REGISTRY, VARIABLES = "middleware.registry", "middleware.environment"


@mutant(kills="middleware.order", reason="LAYERS_OUT_OF_ORDER", layer="standards", also=["middleware.short-circuit"])
def puts_the_throttle_inside(package: ModuleType) -> ModuleType:
    """Run the throttle between the engine's layers and the handler."""

    def reorder(layers: list[Any], count: int) -> None:
        if count > 1:
            layers.insert(len(layers) - 1, layers.pop(0))

    return _reordered(package, reorder)


@mutant(kills="middleware.order", reason="LAYERS_OUT_OF_ORDER", layer="standards")
def puts_pre_and_post_processing_outside(package: ModuleType) -> ModuleType:
    """Run pre- and post-processing right behind the throttle, before the engine's layers."""

    def reorder(layers: list[Any], count: int) -> None:
        if count > 1:
            layers.insert(1, layers.pop())

    return _reordered(package, reorder)


@mutant(kills="middleware.order", reason="LAYERS_OUT_OF_ORDER", layer="standards")
def turns_the_layers_of_the_engine_around(package: ModuleType) -> ModuleType:
    """Run the engine's own layers in the opposite order."""

    def reorder(layers: list[Any], count: int) -> None:
        if count > 1:
            layers[1:-1] = layers[1:-1][::-1]

    return _reordered(package, reorder)


@mutant(kills="middleware.all-paths", reason="PATH_LEFT_OUT", layer="standards")
def stands_before_known_paths_only(package: ModuleType) -> ModuleType:
    """Run no layer for a path that nobody answers."""

    async def call(real: Real, self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        known = scope.get("path") in {"/ping", "/invocations"}
        await (real(self, scope, receive, send) if known else self.app(scope, receive, send))

    return around(package, "middleware.function", "FunctionMiddleware.__call__", call)


@mutant(kills="middleware.short-circuit", reason="SHORT_CIRCUIT_LOST", layer="standards")
def calls_on_behind_a_refusal(package: ModuleType) -> ModuleType:
    """Call the next layer where a function has not, and send what that answers."""

    def init(real: Real, self: Any, app: App, dispatch: Any) -> None:
        async def insistent(request: Any, call_next: Any) -> Any:
            calls: list[Any] = []

            async def counted(request: Any) -> Any:
                calls.append(request)
                return await call_next(request)

            response = await dispatch(request, counted)
            return response if calls else await call_next(request)

        real(self, app, insistent)

    return around(package, "middleware.function", "FunctionMiddleware.__init__", init)


@mutant(
    kills="middleware.env-beats-decorator", reason="ENV_THROTTLE_LOST", layer="standards",
    also=["middleware.classes"],
)  # fmt: skip
def prefers_the_decorated_throttle(package: ModuleType) -> ModuleType:
    """Run the decorated throttle where a variable names another one."""
    decorators = part(package, "middleware.decorators")

    def make(real: Real) -> Real:
        def choose(place: str, *args: Any, **kwargs: Any) -> Any:
            decorated = decorators.decorator_loader.get_middleware(place)
            return decorated if place == THROTTLE and decorated else real(place, *args, **kwargs)

        return choose

    return change(package, REGISTRY, "choose", make)


@mutant(kills="middleware.env-beats-decorator", reason="DECORATED_LAYER_LOST", layer="standards")
def forgets_decorators_for_any_variable(package: ModuleType) -> ModuleType:
    """Run nothing that was decorated as soon as one variable names a layer."""

    def make(real: Real) -> Real:
        def choose(place: str, variables: Any, *args: Any, **kwargs: Any) -> Any:
            named = variables.get_middleware(place)
            return named if variables.has_middlewares() else real(place, variables, *args, **kwargs)

        return choose

    return change(package, REGISTRY, "choose", make)


@mutant(kills="middleware.env-process-beats-parts", reason="PARTS_BESIDE_PROCESS", layer="standards")
def runs_parts_beside_the_whole(package: ModuleType) -> ModuleType:
    """Run both parts around the whole layer that a variable names."""
    formatters = part(package, "middleware.formatters")

    def make(real: Real) -> Real:
        def get_middleware(self: Any, place: str) -> Any:
            whole, pre, post = real(self, place), *_parts(self)
            if place != PROCESS or self.found.get("CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS") is None:
                return whole
            return _nested(formatters.combined(pre, post), whole)

        return get_middleware

    return change_method(package, VARIABLES, "MiddlewareEnvironmentLoader", "get_middleware", make)


@mutant(kills="middleware.env-parts-combine", reason="PARTS_NOT_COMBINED", layer="standards")
def takes_the_first_part_only(package: ModuleType) -> ModuleType:
    """Leave post-processing out where there is pre-processing."""
    formatters = part(package, "middleware.formatters")

    def make(real: Real) -> Real:
        def get_middleware(self: Any, place: str) -> Any:
            pre, post = _parts(self)
            return formatters.combined(pre, None) if place == PROCESS and pre and post else real(self, place)

        return get_middleware

    return change_method(package, VARIABLES, "MiddlewareEnvironmentLoader", "get_middleware", make)


@mutant(
    kills="middleware.one-part-alone", reason="ONE_PART_LOST", layer="standards",
    also=["middleware.env-displaces-decorated"],
)  # fmt: skip
def asks_for_both_parts(package: ModuleType) -> ModuleType:
    """Run neither part where a variable names only one."""

    def make(real: Real) -> Real:
        def get_middleware(self: Any, place: str) -> Any:
            alone = place == PROCESS and sum(each is not None for each in _parts(self)) == 1
            return None if alone else real(self, place)

        return get_middleware

    return change_method(package, VARIABLES, "MiddlewareEnvironmentLoader", "get_middleware", make)


@mutant(kills="middleware.env-displaces-decorated", reason="DECORATED_BESIDE_ENV", layer="standards")
def merges_variables_and_decorators(package: ModuleType) -> ModuleType:
    """Run decorated pre- and post-processing around what variables name."""
    decorators = part(package, "middleware.decorators")

    def make(real: Real) -> Real:
        def choose(place: str, variables: Any, *args: Any, **kwargs: Any) -> Any:
            chosen = real(place, variables, *args, **kwargs)
            decorated = decorators.decorator_loader.get_middleware(place)
            both = place == PROCESS and decorated and variables.get_middleware(place)
            return _nested(decorated, chosen) if both else chosen

        return choose

    return change(package, REGISTRY, "choose", make)


@mutant(
    kills="middleware.process-beats-formatters", reason="FORMATTERS_BESIDE_PROCESS", layer="standards",
    also=["middleware.layer-raises"],
)  # fmt: skip
def runs_formatters_beside_the_whole(package: ModuleType) -> ModuleType:
    """Run decorated formatters around a decorated pre_post_process."""
    formatters = part(package, "middleware.formatters")

    def get_middleware(real: Real, self: Any, place: str) -> Any:
        whole = self.middlewares.get(place)
        if place != PROCESS or whole is None or self.input_formatter is None:
            return real(self, place)
        return _nested(formatters.combined(self.input_formatter, self.output_formatter), whole)

    return around(package, "middleware.decorators", "MiddlewareDecoratorLoader.get_middleware", get_middleware)


@mutant(kills="middleware.layer-raises", reason="LAYER_ERROR_STATUS", layer="standards")
def goes_on_without_a_layer_that_raises(package: ModuleType) -> ModuleType:
    """Call the next layer where a function raises."""

    async def instead(_: Exception, request: Any, call_next: Any) -> Any:
        return await call_next(request)

    return _around_errors(package, instead)


@mutant(kills="middleware.layer-raises", reason="LAYER_ERROR_LEAKED", layer="standards")
def tells_why_a_layer_raised(package: ModuleType) -> ModuleType:
    """Put the text of a layer's exception into the answer."""

    async def instead(error: Exception, _: Any, __: Any) -> Any:
        from starlette.responses import PlainTextResponse  # noqa: PLC0415  # it is there where a layer runs

        return PlainTextResponse(str(error), 500)

    return _around_errors(package, instead)


@mutant(kills="middleware.plain-functions", reason="PLAIN_LAYER_SKIPPED", layer="standards")
def skips_a_throttle_that_is_a_plain_function(package: ModuleType) -> ModuleType:
    """Leave a throttle out that cannot be awaited."""

    async def instead(_: Exception, request: Any, call_next: Any) -> Any:
        return await call_next(request)

    return _around_errors(package, instead, TypeError)


@mutant(
    kills="middleware.classes", reason="CLASS_NOT_RUN", layer="standards",
    also=["middleware.env-beats-decorator", "middleware.formatters-combine"],
)  # fmt: skip
def leaves_classes_out(package: ModuleType) -> ModuleType:
    """Run functions only."""

    def create(real: Real, info: Any) -> Any:
        layer = real(info)
        if isinstance(info.middleware, type):
            layer.cls = lambda app, **_: app
        return layer

    return around(package, "middleware.stack", "create_middleware_object", create)


@mutant(kills="middleware.registration-errors", reason="REGISTRATION_ACCEPTED", layer="standards")
def accepts_any_name(package: ModuleType) -> ModuleType:
    """Register a layer of a name that does not exist, and never run it."""
    return change(package, "middleware.decorators", "_check_name", lambda _: lambda _name: None)


@mutant(kills="middleware.registration-errors", reason="REGISTRATION_ACCEPTED", layer="standards")
def lets_the_last_throttle_win(package: ModuleType) -> ModuleType:
    """Take the second throttle in the place of the first."""

    def set_middleware(real: Real, self: Any, name: str, middleware: Any) -> None:
        self.middlewares.pop(name, None)
        real(self, name, middleware)

    return around(package, "middleware.decorators", "MiddlewareDecoratorLoader.set_middleware", set_middleware)


@mutant(kills="middleware.script-only", reason="FOLDER_SCANNED", layer="standards")
def loads_the_whole_folder(package: ModuleType) -> ModuleType:
    """Import every file beside the customer's script."""

    def load_script(real: Real, self: Any) -> None:
        real(self)
        script = Path(getattr(self.script, "__file__", None) or "/nowhere/model.py").resolve()
        for path in sorted(script.parent.glob("*.py")) if script.is_file() else ():
            if path != script:
                _run(path)

    return around(package, "customer_code", "CustomerCode.load_script", load_script)


@mutant(kills="middleware.env-falls-back", reason="NO_FALL_BACK", layer="standards")
def runs_nothing_in_the_place_of_a_typo(package: ModuleType) -> ModuleType:
    """Start without any layer in a place whose variable names nothing."""

    def make(real: Real) -> Real:
        def choose(place: str, variables: Any, *args: Any, **kwargs: Any) -> Any:
            return None if variables.error_of(place) else real(place, variables, *args, **kwargs)

        return choose

    return change(package, REGISTRY, "choose", make)


def _reordered(package: ModuleType, reorder: Any) -> ModuleType:
    """Change the order of all layers after those of the customer were added; the outermost comes first."""

    def install(real: Real, app: Any, find: Any) -> None:
        with _counted(app) as count:
            real(app, find)
        reorder(app.user_middleware, count[0])
        app.middleware_stack = app.build_middleware_stack()

    return around(package, "middleware.stack", "install", install)


@contextmanager
def _counted(app: Any) -> Iterator[list[int]]:
    """Count the layers that are added meanwhile."""
    before, count = len(app.user_middleware), [0]
    yield count
    count[0] = len(app.user_middleware) - before


def _around_errors(package: ModuleType, instead: Any, kind: type[Exception] = Exception) -> ModuleType:
    """Answer in another way where a layer's own function raises."""

    def init(real: Real, self: Any, app: App, dispatch: Any) -> None:
        async def guarded(request: Any, call_next: Any) -> Any:
            try:
                return await dispatch(request, call_next)
            except kind as error:
                return await instead(error, request, call_next)

        real(self, app, guarded)

    return around(package, "middleware.function", "FunctionMiddleware.__init__", init)


def _parts(variables: Any) -> tuple[Any, Any]:
    """The parts that variables name."""
    return variables.found.get("CUSTOM_PRE_PROCESS"), variables.found.get("CUSTOM_POST_PROCESS")


def _nested(outer: Any, inner: Any) -> Any:
    """One function of request and call_next around another."""

    async def both(request: Any, call_next: Any) -> Any:
        async def on(request: Any) -> Any:
            return await inner(request, call_next)

        return await outer(request, on)

    return both


def _run(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"scanned_{path.stem}", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
