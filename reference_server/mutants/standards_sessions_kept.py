"""Faults of where sessions are kept and of which layers know of them, and of sessions that the engine manages."""

import json
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, change_method, part
from seatrial.reference_server.variants import mutant

CREATED = "X-Amzn-SageMaker-New-Session-Id"


@mutant(kills="sessions.stored-in-path", reason="NOT_STORED", layer="standards", also=("sessions.default-path",))
def keeps_sessions_where_it_likes(package: ModuleType) -> ModuleType:
    """Ignore the folder that was given."""
    return change(package, "sessions.manager", "usable", lambda real: lambda _: real(None))


@mutant(kills="sessions.stored-in-path", reason="STORED_AFTER_CLOSE", layer="standards")
def leaves_the_folder_of_a_closed_session(package: ModuleType) -> ModuleType:
    """Remove what a session holds, and leave its folder."""

    def remove(real: Real, files: Any, session_id: str) -> Any:
        removed = real(files, session_id)
        if removed:
            (files.root / session_id).mkdir(exist_ok=True)
        return removed

    return around(package, "sessions.storage", "SessionFiles.remove", remove)


@mutant(kills="sessions.default-path", reason="BAD_FOLDER_STOPS", layer="standards")
def insists_on_its_folder(package: ModuleType) -> ModuleType:
    """Refuse to start where the folder of sessions cannot be made."""
    errors = part(package, "transforms.refusals")

    def usable(real: Real, path: str | None) -> Any:
        found = real(path)
        if path and str(found) != path:
            raise errors.SettingsError(f"{path} cannot be used")
        return found

    return around(package, "sessions.manager", "usable", usable)


@mutant(kills="sessions.default-path", reason="DEFAULT_FOLDER", layer="standards")
def keeps_sessions_on_the_disk(package: ModuleType) -> ModuleType:
    """Keep sessions among temporary files where nothing else is said."""
    return change(package, "sessions.manager", "usable", lambda real: lambda path: real(path or ""))


@mutant(kills="sessions.shared-by-workers", reason="NOT_SHARED", layer="standards")
def keeps_sessions_to_the_worker_that_opened_them(package: ModuleType) -> ModuleType:
    """Know the sessions that this process has opened, and no other."""
    opened: set[str] = set()

    def add(real: Real, files: Any, session_id: str, ends: float) -> None:
        real(files, session_id, ends)
        opened.add(session_id)

    def ends(real: Real, files: Any, session_id: str) -> Any:
        return real(files, session_id) if session_id in opened else None

    around(package, "sessions.storage", "SessionFiles.add", add)
    return around(package, "sessions.storage", "SessionFiles.ends", ends)


@mutant(kills="sessions.bad-ttl", reason="BAD_TTL_TAKEN", layer="standards")
def takes_the_usual_time_for_a_bad_one(package: ModuleType) -> ModuleType:
    """Fall back to twenty minutes where the time of a session cannot be read."""

    def seconds(real: Real, text: str) -> Any:
        try:
            return real(text)
        except ValueError:
            return 1200

    return around(package, "sessions.config", "_seconds", seconds)


@mutant(
    kills="sessions.id-injected", reason="ID_NOT_INJECTED", layer="standards", also=("engine-sessions.ids-unchecked",)
)
def keeps_the_id_to_itself(package: ModuleType) -> ModuleType:
    """Leave the id of the session out of the body."""
    return change_method(
        package, "sessions.core", "SessionRules", "_with_id", lambda _: lambda _rules, _document, body, _id: body
    )


@mutant(kills="sessions.id-injected", reason="PARENTS_INVENTED", layer="standards")
def makes_a_place_for_the_id(package: ModuleType) -> ModuleType:
    """Make all parents of the place for the id."""
    return change(package, "sessions.core", "PARENTS", lambda _: 100)


@mutant(kills="sessions.not-without-layer", reason="LAYER_UNASKED", layer="standards")
def puts_every_handler_behind_the_session_layer(package: ModuleType) -> ModuleType:
    """Put the session layer around a customer's handler that did not ask for it."""
    sessions = part(package, "sessions.decorators")
    return change(
        package, "sagemaker", "custom_invocation_handler",
        lambda real: lambda handler: real(sessions.stateful_session_manager()(handler)),
    )  # fmt: skip


@mutant(kills="sessions.outside-adapters", reason="ADAPTER_BEFORE_SESSION", layer="standards")
def injects_before_it_looks_for_sessions(package: ModuleType) -> ModuleType:
    """Put the adapter layer outside of the session layer on the engine's own route."""

    def sessions_inside(real: Real) -> Real:
        def session_layer(app: Any, **given: Any) -> Any:
            inject = getattr(app, "inject", None)
            return inject(real(app.inside, **given)) if inject else real(app, **given)

        return session_layer

    def injection_outside(real: Real) -> Real:
        def injection_layer(app: Any, injection: Any, **given: Any) -> Any:
            layer = real(app, injection, **given)
            layer.inside, layer.inject = app, lambda outer: real(outer, injection, **given)
            return layer

        return injection_layer

    change(package, "sessions.layer", "session_layer", sessions_inside)
    return change(package, "adapters.layer", "injection_layer", injection_outside)


# -------------------------------------------------------------------------------------------- managed by the engine


@mutant(kills="engine-sessions.create", reason="ENGINE_EXPIRES", layer="standards")
def says_when_an_engine_s_session_ends(package: ModuleType) -> ModuleType:
    """Promise an end to a session of the engine's."""

    def change_it(response: Any) -> Any:
        response.headers[CREATED] += "; Expires=2030-01-01T00:00:00Z"
        return response

    return _created(package, change_it)


@mutant(kills="engine-sessions.create", reason="ENGINE_BODY_LEAKS", layer="standards")
def gives_the_engine_s_body_away(package: ModuleType) -> ModuleType:
    """Answer a create with a body of the engine's."""

    def change_it(response: Any) -> Any:
        body = json.dumps({"session_id": response.headers[CREATED]})
        return type(response)(body, headers={CREATED: response.headers[CREATED]})

    return _created(package, change_it)


@mutant(kills="engine-sessions.id-path", reason="ENGINE_ID_PATH", layer="standards")
def looks_for_ids_in_bodies_only(package: ModuleType) -> ModuleType:
    """Look for the id in the body of the engine's answer and nowhere else."""
    return change(
        package, "sessions.engine", "_document",
        lambda real: lambda returned: {**real(returned), "headers": {}},
    )  # fmt: skip


@mutant(kills="engine-sessions.id-missing", reason="ENGINE_ID_MISSING", layer="standards")
def opens_sessions_without_an_id(package: ModuleType) -> ModuleType:
    """Say that a session was created although the engine named none."""
    engine = part(package, "sessions.engine")

    async def call(real: Real, creation: Any, request: Any) -> Any:
        try:
            return await real(creation, request)
        except engine.RefusedError as error:
            if "not found in response" in error.detail:
                return engine.PlainTextResponse("Successfully created session: None")
            raise

    return around(package, "sessions.engine", "Creation.__call__", call)


@mutant(
    kills="engine-sessions.errors-pass", reason="ENGINE_ERROR_CHANGED", layer="standards",
    also=("engine-sessions.defaults",),
)  # fmt: skip
def answers_500_for_every_error_of_the_engine(package: ModuleType) -> ModuleType:
    """Answer 500 whatever the engine raised."""
    engine = part(package, "sessions.engine")

    async def answer(real: Real, handler: Any, request: Any, body: Any) -> Any:
        try:
            return await real(handler, request, body)
        except engine.HTTPException as error:
            raise engine.RefusedError(500, "Unexpected error during transformation") from error

    return around(package, "sessions.engine", "EngineHandler.answer", answer)


@mutant(kills="engine-sessions.ids-unchecked", reason="ENGINE_IDS_CHECKED", layer="standards")
def checks_ids_of_the_engine(package: ModuleType) -> ModuleType:
    """Refuse ids that only the engine can know."""
    refused = part(package, "transforms.refusals").RefusedError

    def check_id(real: Real, rules: Any, session_id: str | None) -> None:
        if rules.managed and session_id:
            raise refused(400, f"Bad request: session not found: {session_id}")
        real(rules, session_id)

    return around(package, "sessions.core", "SessionRules.check_id", check_id)


@mutant(kills="engine-sessions.close", reason="CLOSE_HEADER", layer="standards")
def closes_the_engine_s_session_without_the_header(package: ModuleType) -> ModuleType:
    """Leave the header of a closed session out where the engine closed it."""

    async def call(real: Real, closing: Any, request: Any) -> Any:
        response = await real(closing, request)
        if response.status_code == 200:
            del response.headers["X-Amzn-SageMaker-Closed-Session-Id"]
        return response

    return around(package, "sessions.engine", "Closing.__call__", call)


@mutant(kills="engine-sessions.client-fields", reason="CLIENT_FIELDS_TAKEN", layer="standards")
def lets_callers_size_their_sessions(package: ModuleType) -> ModuleType:
    """Take a field that the engine knows from a caller's create."""

    def asked(real: Real, document: Any) -> Any:
        if isinstance(document, dict) and "capacity" in document:
            document = {name: value for name, value in document.items() if name != "capacity"}
        return real(document)

    return around(package, "sessions.core", "asked", asked)


@mutant(kills="engine-sessions.defaults", reason="DEFAULTS_UNUSED", layer="standards")
def ignores_defaults(package: ModuleType) -> ModuleType:
    """Leave the defaults of the variables out of the engine's request."""
    return change(package, "transforms.defaults", "apply", lambda _: lambda _values, _body: None)


@mutant(kills="engine-sessions.defaults", reason="DEFAULTS_UNCHECKED", layer="standards")
def gives_the_engine_what_it_refuses(package: ModuleType) -> ModuleType:
    """Give the engine a request that its own model refuses."""
    engine = part(package, "sessions.engine")

    def data(real: Real, handler: Any, body: Any) -> Any:
        try:
            return real(handler, body)
        except engine.HTTPException:
            return handler.model.model_construct(**body)

    return around(package, "sessions.engine", "EngineHandler._data", data)


@mutant(kills="engine-sessions.bad-defaults", reason="BAD_DEFAULTS_TAKEN", layer="standards")
def starts_with_bad_defaults(package: ModuleType) -> ModuleType:
    """Start whatever the variables of defaults hold."""
    return change(package, "transforms.defaults", "check", lambda _: lambda _environ=None: None)


def _created(package: ModuleType, change_it: Real) -> ModuleType:
    """Change the platform's answer to a create of the engine's."""

    async def call(real: Real, creation: Any, request: Any) -> Any:
        response = await real(creation, request)
        return change_it(response) if CREATED in response.headers else response

    return around(package, "sessions.engine", "Creation.__call__", call)
