"""Legal peculiarities of sessions and adapters: what the document allows and the known code does, and the other way."""

from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, part
from seatrial.reference_server.variants import oddity

BYTES = "application/octet-stream"


@oddity(layer="standards")
def clears_the_adapter_that_no_header_names(package: ModuleType) -> ModuleType:
    """Set the key to null where a request names no adapter, also where it had a value."""
    bodies = part(package, "transforms.bodies")

    def into(real: Real, injection: Any, body: bytes, adapter: str | None) -> Any:
        if adapter is not None or injection.append:
            return real(injection, body, adapter)
        document = bodies.parse_object(body)
        bodies.set_value(document, injection.keys, None)
        return bodies.dump(document)

    return around(package, "adapters.injection", "Injection.into", into)


@oddity(layer="standards")
def serves_a_session_once_after_its_time(package: ModuleType) -> ModuleType:
    """See only at the first use after its time that a session is over, and serve that one."""
    session = part(package, "sessions.manager").Session

    def get_session(real: Real, manager: Any, session_id: str) -> Any:
        ends = manager.files.ends(session_id)
        found = real(manager, session_id)
        return session(session_id, ends, manager.files) if ends is not None and found is None else found

    return around(package, "sessions.manager", "SessionManager.get_session", get_session)


@oddity(layer="standards")
def refuses_a_create_with_a_stale_id(package: ModuleType) -> ModuleType:
    """Answer 400 where a create carries an id that nobody knows."""
    core = part(package, "sessions.core")

    def mean(real: Real, rules: Any, body: bytes, session_id: str | None) -> Any:
        meant = real(rules, body, session_id)
        if isinstance(meant, core.Open):
            rules.check_id(session_id)
        return meant

    return around(package, "sessions.core", "SessionRules.mean", mean)


@oddity(layer="standards")
def answers_424_for_a_close_that_lost_a_race(package: ModuleType) -> ModuleType:
    """Tell those who close a session at the same moment as another that it could not be closed."""
    refused = part(package, "transforms.refusals").RefusedError

    def make(real: Real) -> Real:
        def close_session(manager: Any, session_id: str | None) -> Any:
            there = manager is not None and session_id and manager.get_session(session_id)
            try:
                return real(manager, session_id)
            except refused as error:
                raise refused(424, f"Failed to close session: {error.detail}") if there else error from error

        return close_session

    return _on_both_routes(package, "close_session", make)


@oddity(layer="standards")
def fails_every_create_beside_a_stray_file(package: ModuleType) -> ModuleType:
    """Answer 424 for creates as long as something foreign lies among the sessions."""

    def sweep(real: Real, files: Any, now: float) -> Any:
        if any(entry.is_file() for entry in files.root.iterdir()):
            raise NotADirectoryError("a file lies among the sessions")
        return real(files, now)

    return around(package, "sessions.storage", "SessionFiles.sweep", sweep)


@oddity(layer="standards")
def calls_its_answers_bytes(package: ModuleType) -> ModuleType:
    """Answer about sessions and adapters with a content type that says nothing."""

    def make(real: Real) -> Real:
        def answer(*args: Any) -> Any:
            reply = real(*args)
            return type(reply)(reply.status, reply.body, BYTES, reply.headers)

        return answer

    for name in ("open_session", "close_session"):
        _on_both_routes(package, name, make)
    change(package, "adapters.answers", "loaded", make)
    return change(package, "adapters.answers", "unloaded", make)


@oddity(layer="standards")
def words_refusals_as_an_engine_does(package: ModuleType) -> ModuleType:
    """Refuse with `{"error": {"message": ...}}` on the engine's own routes."""
    asgi, bodies = part(package, "transforms.asgi"), part(package, "transforms.bodies")

    def make(_: Real) -> Real:
        def refusal(refused: Any) -> Any:
            error = {"message": refused.detail, "type": "BadRequestError", "param": None, "code": refused.status}
            return asgi.Reply(refused.status, bodies.dump({"error": error}), asgi.JSON)

        return refusal

    change(package, "sessions.layer", "refusal", make)
    return change(package, "adapters.layer", "refusal", make)


@oddity(layer="standards")
def lists_no_adapters(package: ModuleType) -> ModuleType:
    """Answer 405 for `GET /adapters`."""
    del part(package, "routes").ROUTES["list_adapters"]
    return package


@oddity(layer="standards")
def takes_no_dictionary_from_a_handler_of_adapters(package: ModuleType) -> ModuleType:
    """Fail where a handler of adapters returns a dictionary."""

    async def called(real: Real, *args: Any) -> Any:
        returned = await real(*args)
        if isinstance(returned, dict):
            raise TypeError("a handler of adapters must return a response")
        return returned

    return around(package, "adapters.decorators", "_called", called)


@oddity(layer="standards")
def answers_422_for_defaults_that_the_engine_refuses(package: ModuleType) -> ModuleType:
    """Answer 422 where the engine's own model refuses what the variables say."""
    engine = part(package, "sessions.engine")

    def data(real: Real, handler: Any, body: Any) -> Any:
        try:
            return real(handler, body)
        except engine.HTTPException as error:
            raise engine.HTTPException(422, error.detail) from error

    return around(package, "sessions.engine", "EngineHandler._data", data)


def _on_both_routes(package: ModuleType, name: str, make: Real) -> ModuleType:
    """Replace a function of the core where decorators and plain ASGI call it."""
    change(package, "sessions.decorators", name, make)
    return change(package, "sessions.layer", name, make)
