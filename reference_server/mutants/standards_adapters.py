"""Faults of the adapter that a request names, and of loading and unloading adapters."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Make, Real, around, change, change_method, part
from seatrial.reference_server.variants import mutant

IDENTIFIER = "X-Amzn-SageMaker-Adapter-Identifier"


# -------------------------------------------------------------------------------------------------------- injection


def injecting(package: ModuleType, make: Make) -> ModuleType:
    """Replace what puts an adapter into a body."""
    return change_method(package, "adapters.injection", "Injection", "into", make)


@mutant(
    kills="injection.replace", reason="ADAPTER_NOT_INJECTED", layer="standards",
    also=("injection.nested", "adapters.lifecycle"),
)  # fmt: skip
def replaces_only_what_is_there(package: ModuleType) -> ModuleType:
    """Leave a body alone that has no place for the adapter yet."""
    bodies = part(package, "transforms.bodies")

    def make(real: Real) -> Real:
        def into(injection: Any, body: bytes, adapter: str | None) -> Any:
            there = injection.keys[-1] in bodies.parent_of(bodies.parse_object(body), injection.keys)
            return real(injection, body, adapter) if there or injection.append else body

        return into

    return injecting(package, make)


@mutant(kills="injection.absent-header", reason="ABSENT_HEADER_CHANGES_BODY", layer="standards")
def injects_nothing_at_all(package: ModuleType) -> ModuleType:
    """Put an empty name into the body where no adapter is named."""

    def make(real: Real) -> Real:
        def into(injection: Any, body: bytes, adapter: str | None) -> Any:
            return real(injection, body, "" if adapter is None and injection.path == "model" else adapter)

        return into

    return injecting(package, make)


@mutant(kills="injection.append", reason="ADAPTER_NOT_APPENDED", layer="standards", also=("injection.nested",))
def drops_the_separator(package: ModuleType) -> ModuleType:
    """Append without the separator."""

    def joined(real: Real, injection: Any, present: Any, adapter: str) -> Any:
        return f"{present}{adapter}" if injection.append and present else real(injection, present, adapter)

    return around(package, "adapters.injection", "Injection._joined", joined)


@mutant(kills="injection.append-to-nothing", reason="APPENDED_TO_NOTHING", layer="standards")
def appends_to_nothing(package: ModuleType) -> ModuleType:
    """Append to a base that is not there."""

    def joined(real: Real, injection: Any, present: Any, adapter: str) -> Any:
        return real(injection, "" if present is None else present, adapter)

    return around(package, "adapters.injection", "Injection._joined", joined)


@mutant(kills="injection.append-without-header", reason="ABSENT_HEADER_CHANGES_BODY", layer="standards")
def appends_nothing_at_all(package: ModuleType) -> ModuleType:
    """Append an empty name, with its separator, where no adapter is named."""
    bodies = part(package, "transforms.bodies")

    def make(real: Real) -> Real:
        def into(injection: Any, body: bytes, adapter: str | None) -> Any:
            if adapter or not injection.append:
                return real(injection, body, adapter)
            document = bodies.parse_object(body)
            bodies.set_value(document, injection.keys, None)
            return bodies.dump(document)

        return into

    return injecting(package, make)


@mutant(kills="injection.nested", reason="PARENT_INVENTED", layer="standards")
def makes_a_place_for_the_adapter(package: ModuleType) -> ModuleType:
    """Make the missing parents of the place for the adapter."""

    def make(real: Real) -> Real:
        return lambda body, keys: real(body, keys, create=len(keys))

    return change(package, "adapters.injection", "parent_of", make)


@mutant(kills="injection.keeps-fields", reason="FIELDS_LOST", layer="standards")
def reads_numbers_as_floats(package: ModuleType) -> ModuleType:
    """Lose the digits of long integers."""

    def rounded(value: Any) -> Any:
        return float(value) if isinstance(value, int) and abs(value) > 2**53 else value

    def make(real: Real) -> Real:
        return lambda body: {name: rounded(value) for name, value in real(body).items()}

    return change(package, "adapters.injection", "parse_object", make)


@mutant(kills="injection.first-header", reason="HEADERS_JOINED", layer="standards")
def joins_headers(package: ModuleType) -> ModuleType:
    """Take two headers for one adapter with a comma in its name."""
    injection = part(package, "adapters.injection")

    def inject_adapter_id(real: Real, *given: Any, **named: Any) -> Any:
        into = injection.Injection(*given, **named)

        def decorate(handler: Any) -> Any:
            inner = real(*given, **named)(handler)

            async def call(raw_request: Any) -> Any:
                names = raw_request.headers.getlist(IDENTIFIER)
                if len(names) > 1:
                    raw_request._body = into.into(await raw_request.body(), ",".join(names))  # noqa: SLF001
                    return await handler(raw_request)
                return await inner(raw_request)

            return call

        return decorate

    return around(package, "adapters.decorators", "inject_adapter_id", inject_adapter_id)


@mutant(kills="injection.bad-arguments", reason="BAD_ARGUMENTS_TAKEN", layer="standards")
def takes_any_arguments(package: ModuleType) -> ModuleType:
    """Take a decoration whose arguments do not go together."""

    def check(real: Real, injection: Any) -> None:
        try:
            real(injection)
        except ValueError:
            object.__setattr__(injection, "keys", ("model",))

    return around(package, "adapters.injection", "Injection.__post_init__", check)


@mutant(
    kills="injection.not-without-layer",
    reason="INJECTED_UNASKED",
    layer="standards",
    also=("injection.append", "injection.append-to-nothing", "injection.append-without-header", "injection.nested"),
)
def puts_every_handler_behind_the_adapter_layer(package: ModuleType) -> ModuleType:
    """Put the adapter layer around a customer's handler that did not ask for it."""
    adapters = part(package, "adapters.decorators")
    return change(
        package, "sagemaker", "custom_invocation_handler",
        lambda real: lambda handler: real(adapters.inject_adapter_id("model")(handler)),
    )  # fmt: skip


# --------------------------------------------------------------------------------------------- loading and unloading


@mutant(
    kills="adapters.only-where-registered", reason="ADAPTER_ROUTE_WITHOUT_HANDLER", layer="standards",
    also=("adapters.invalid-load", "adapters.errors-pass", "adapters.methods"),
)  # fmt: skip
def serves_adapters_that_nobody_handles(package: ModuleType) -> ModuleType:
    """Serve the routes of adapters without anybody behind them."""
    refused = part(package, "transforms.refusals").RefusedError

    async def answer(*_: Any) -> None:
        raise refused(501, "no handler is registered")

    return around(package, "adapters.layer", "_answer", answer)


@mutant(
    kills="adapters.load", reason="ENGINE_BODY_LEAKS", layer="standards",
    also=("adapters.alias", "adapters.unload"),
)  # fmt: skip
def gives_the_handler_s_answer_away(package: ModuleType) -> ModuleType:
    """Answer with whatever the handler answered."""
    response = part(package, "adapters.decorators").Response
    return change(
        package, "adapters.decorators", "_is_failure", lambda _: lambda returned: isinstance(returned, response)
    )


@mutant(kills="adapters.load", reason="ADAPTER_NOT_LOADED", layer="standards",
        also=("adapters.lifecycle", "adapters.alias"))  # fmt: skip
def answers_201_for_a_load(package: ModuleType) -> ModuleType:
    """Answer 201 where an adapter was loaded."""

    def loaded(real: Real, name: str, alias: str | None) -> Any:
        reply = real(name, alias)
        return type(reply)(201, reply.body)

    return around(package, "adapters.answers", "loaded", loaded)


@mutant(kills="adapters.alias", reason="ALIAS_IGNORED", layer="standards", also=("adapters.mapping",))
def names_adapters_by_the_identifier(package: ModuleType) -> ModuleType:
    """Read the header of requests where the one of an alias is meant."""
    return change(package, "adapters.decorators", "_alias", lambda _: lambda request: request.headers.get(IDENTIFIER))


@mutant(kills="adapters.request-model", reason="LOAD_DEFAULTS", layer="standards")
def loads_adapters_when_they_are_asked_for(package: ModuleType) -> ModuleType:
    """Take a load that does not say for one without preloading."""

    def load_request(real: Real, body: bytes, query: Mapping[str, str]) -> Any:
        wanted = real(body, query)
        if "preload" not in wanted.model_fields_set:
            wanted.preload = False
        return wanted

    return around(package, "adapters.decorators", "load_request", load_request)


@mutant(kills="adapters.invalid-load", reason="INVALID_LOAD_STATUS", layer="standards", also=("adapters.query",))
def answers_422_for_an_invalid_load(package: ModuleType) -> ModuleType:
    """Answer 422 for a load that lacks something."""
    refused = part(package, "transforms.refusals").RefusedError

    def load_request(real: Real, body: bytes, query: Mapping[str, str]) -> Any:
        try:
            return real(body, query)
        except refused as error:
            raise refused(422, error.detail) from error

    return around(package, "adapters.decorators", "load_request", load_request)


@mutant(kills="adapters.invalid-load", reason="INVALID_LOAD_TAKEN", layer="standards")
def loads_adapters_from_nowhere(package: ModuleType) -> ModuleType:
    """Take a load whose source is empty."""
    models = part(package, "adapters.models")

    def load_request(real: Real, body: bytes, query: Mapping[str, str]) -> Any:
        asked = models._wanted(body, query)  # noqa: SLF001  what the real one reads
        if isinstance(asked, dict) and asked.get("name") and asked.get("src") == "":
            return models.SageMakerRegisterLoRAAdapterRequest.model_construct(name=asked["name"], src="")
        return real(body, query)

    return around(package, "adapters.decorators", "load_request", load_request)


@mutant(kills="adapters.query", reason="QUERY_MERGED", layer="standards")
def adds_the_query_to_the_body(package: ModuleType) -> ModuleType:
    """Fill what a body leaves out from the query."""

    def wanted(real: Real, body: bytes, query: Mapping[str, str]) -> Any:
        asked = real(body, query)
        return {**query, **asked} if isinstance(asked, dict) else asked

    return around(package, "adapters.models", "_wanted", wanted)


@mutant(kills="adapters.query", reason="QUERY_UNREAD", layer="standards")
def reads_no_query(package: ModuleType) -> ModuleType:
    """Read a load from its body only."""
    return change(package, "adapters.models", "_wanted", lambda real: lambda body, _: real(body, {}))


@mutant(kills="adapters.errors-pass", reason="ENGINE_ERROR_CHANGED", layer="standards")
def says_that_a_missing_adapter_is_loaded(package: ModuleType) -> ModuleType:
    """Take the handler's 404 for a success."""

    def make(real: Real) -> Real:
        return lambda returned: real(returned) and returned.status_code != 404

    return change(package, "adapters.decorators", "_is_failure", make)


@mutant(
    kills="adapters.unload", reason="UNLOADED_TWICE", layer="standards", also=("adapters.lifecycle", "adapters.slash")
)
def unloads_what_is_not_there(package: ModuleType) -> ModuleType:
    """Take an unload of what is not loaded for a success."""

    async def called(real: Real, handler: Any, data: Any, request: Any) -> Any:
        try:
            return await real(handler, data, request)
        except Exception as error:
            if request.method == "DELETE" and getattr(error, "status_code", 0) == 404:
                return None
            raise

    return around(package, "adapters.decorators", "_called", called)


@mutant(kills="adapters.methods", reason="METHOD_TAKEN", layer="standards")
def takes_put_for_a_list(package: ModuleType) -> ModuleType:
    """Answer `PUT /adapters` with the list."""
    routes, registry = part(package, "routes"), part(package, "registry")

    def make(real: Real) -> Real:
        def served(kind: Any, endpoint: Any) -> Any:
            decorators = part(package, "adapters.decorators")
            registry.handler_registry.set_handler("put_adapters", decorators.list_adapters)
            return real(kind, endpoint)

        return served

    routes.ROUTES["put_adapters"] = routes.RouteConfig("/adapters", "PUT")
    return change(package, "adapters.decorators", "_served", make)


@mutant(kills="adapters.slash", reason="SLASH_TAKEN", layer="standards")
def cuts_names_at_a_slash(package: ModuleType) -> ModuleType:
    """Take `a/b` for `a`."""
    routes = part(package, "routes")
    routes.ROUTES["unregister_adapter"] = routes.RouteConfig("/adapters/{adapter_name:path}", "DELETE")

    def document_of(real: Real, request: Any, body: Any) -> Any:
        found = dict(real(request, body))
        found["path_params"] = {k: str(v).partition("/")[0] for k, v in found["path_params"].items()}
        return found

    return around(package, "adapters.decorators", "document_of", document_of)


@mutant(kills="adapters.mapping", reason="SHAPE_NOT_MAPPED", layer="standards")
def maps_bodies_only(package: ModuleType) -> ModuleType:
    """Show a shape neither the headers nor the query."""
    hidden: dict[str, dict[str, str]] = {"headers": {}, "query_params": {}}
    return change(
        package, "adapters.decorators", "document_of",
        lambda real: lambda request, body: {**real(request, body), **hidden},
    )  # fmt: skip


@mutant(kills="adapters.lifecycle", reason="ADAPTER_LIFE", layer="standards")
def remembers_what_it_loaded(package: ModuleType) -> ModuleType:
    """Take a load of what is loaded for a success without asking the handler."""

    async def called(real: Real, handler: Any, data: Any, request: Any) -> Any:
        loaded = part(package, "adapters.decorators").loaded_here
        if request.method == "POST" and getattr(data, "name", "") in loaded:
            return None
        return await real(handler, data, request)

    return around(package, "adapters.decorators", "_called", called)
