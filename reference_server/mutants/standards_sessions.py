"""Faults of sessions that the server manages: off and on, created, used, closed, over, and kept."""

import email.utils
import json
import threading
import time
import uuid
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, change_method, part
from seatrial.reference_server.variants import mutant

TOLD = ("sessions.closed-stays-closed", "sessions.expires", "sessions.ttl-absolute", "sessions.lifecycle")
TOLD_AND_EXPIRING = (*TOLD, "sessions.expiring-lifecycle")


def on_both_routes(package: ModuleType, name: str, call: Real) -> ModuleType:
    """Run a function of the core within another one where decorators and plain ASGI call it."""
    around(package, "sessions.decorators", name, call)
    return around(package, "sessions.layer", name, call)


# ------------------------------------------------------------------------------------------------------------- off


@mutant(
    kills="sessions.enable-values", reason="SESSIONS_ON_BY_ANY_VALUE", layer="standards",
    also=("sessions.off-refuses-requests", "sessions.off-refuses-header", "sessions.off-leaves-no-folder"),
)  # fmt: skip
def turns_sessions_on_for_any_word(package: ModuleType) -> ModuleType:
    """Take any filled value for on."""

    class Everything:
        def __contains__(self, value: str) -> bool:
            return bool(value)

    return change(package, "sessions.config", "ON", lambda _: Everything())


@mutant(kills="sessions.off-refuses-requests", reason="OFF_FORWARDS_REQUEST", layer="standards")
def forwards_session_requests_where_sessions_are_off(package: ModuleType) -> ModuleType:
    """Let the model have session requests where sessions are off."""
    core = part(package, "sessions.core")

    def mean(real: Real, rules: Any, body: bytes, session_id: str | None) -> Any:
        meant = real(rules, body, session_id)
        off = rules.manager is None and not rules.managed
        return core.Serve(body) if off and not isinstance(meant, core.Serve) else meant

    return around(package, "sessions.core", "SessionRules.mean", mean)


@mutant(kills="sessions.off-refuses-header", reason="OFF_IGNORES_HEADER", layer="standards")
def ignores_session_ids_where_sessions_are_off(package: ModuleType) -> ModuleType:
    """Serve a request with a session id where sessions are off."""

    def check_id(real: Real, rules: Any, session_id: str | None) -> None:
        if rules.manager is not None:
            real(rules, session_id)

    return around(package, "sessions.core", "SessionRules.check_id", check_id)


@mutant(kills="sessions.off-serves", reason="OFF_REFUSES_INFERENCE", layer="standards")
def refuses_everything_where_sessions_are_off(package: ModuleType) -> ModuleType:
    """Ask for a session although none can be had."""
    refused = part(package, "transforms.refusals").RefusedError

    def check_id(real: Real, rules: Any, session_id: str | None) -> None:
        if rules.manager is None and not rules.managed and session_id is None:
            raise refused(400, "a session is required")
        real(rules, session_id)

    return around(package, "sessions.core", "SessionRules.check_id", check_id)


@mutant(kills="sessions.off-leaves-no-folder", reason="OFF_MAKES_FOLDER", layer="standards")
def makes_the_folder_where_sessions_are_off(package: ModuleType) -> ModuleType:
    """Make the folder of sessions whenever the server starts."""
    config, directory = part(package, "sessions.config"), part(package, "sessions.directory")

    def start(real: Real, environ: Any = None) -> Any:
        directory.usable(config.SageMakerConfig.from_env(environ).sessions_path)
        return real(environ)

    return around(package, "sessions.manager", "start", start)


# --------------------------------------------------------------------------------------------------------- creating


@mutant(kills="sessions.create", reason="CREATE_HEADER", layer="standards")
def numbers_its_sessions(package: ModuleType) -> ModuleType:
    """Give ids that are no UUIDs."""

    class Ids:
        def uuid4(self) -> str:
            return f"session-{uuid.uuid4().hex}"

    return change(package, "sessions.manager", "uuid", lambda _: Ids())


@mutant(kills="sessions.create", reason="CREATE_BODY", layer="standards")
def answers_a_create_with_json(package: ModuleType) -> ModuleType:
    """Say in JSON that a session was created."""

    def open_session(real: Real, manager: Any) -> Any:
        reply = real(manager)
        return type(reply)(200, json.dumps({"created": True}).encode(), headers=reply.headers)

    return on_both_routes(package, "open_session", open_session)


@mutant(kills="sessions.create-expires", reason="CREATE_EXPIRES_FORM", layer="standards")
def says_when_a_session_ends_as_http_does(package: ModuleType) -> ModuleType:
    """Write the moment of expiry as an HTTP date."""
    return _ending(package, lambda moment: email.utils.formatdate(moment, usegmt=True))


@mutant(kills="sessions.create-expires", reason="CREATE_EXPIRES_TIME", layer="standards")
def says_when_a_session_ends_in_local_time(package: ModuleType) -> ModuleType:
    """Write the moment of expiry in the time of a place nine hours ahead, as if it were UTC."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    return _ending(package, lambda moment: (datetime.fromtimestamp(moment) + timedelta(hours=9)).strftime(form))  # noqa: DTZ006  that is the fault


@mutant(
    kills="sessions.ids-unique", reason="IDS_REPEAT", layer="standards",
    also=("sessions.lifecycle", "sessions.expiring-lifecycle"),
)  # fmt: skip
def gives_one_id_to_those_who_come_together(package: ModuleType) -> ModuleType:
    """Let creates that overlap share one session."""
    lock, shared = threading.Lock(), []  # type: tuple[threading.Lock, list[Any]]

    def create_session(real: Real, manager: Any) -> Any:
        with lock:
            first = not shared
            if first:
                shared.append(real(manager))
            session = shared[0]
        if first:
            time.sleep(0.005)
            with lock:
                shared.clear()
        return session

    return around(package, "sessions.manager", "SessionManager.create_session", create_session)


@mutant(kills="sessions.create-ignores-header", reason="CREATE_HINDERED_BY_HEADER", layer="standards")
def refuses_a_create_that_carries_an_id(package: ModuleType) -> ModuleType:
    """Refuse a create whose session header is filled."""
    core, refused = part(package, "sessions.core"), part(package, "transforms.refusals").RefusedError

    def mean(real: Real, rules: Any, body: bytes, session_id: str | None) -> Any:
        meant = real(rules, body, session_id)
        if isinstance(meant, core.Open) and session_id:
            raise refused(400, f"Bad request: session not found: {session_id}")
        return meant

    return around(package, "sessions.core", "SessionRules.mean", mean)


# ------------------------------------------------------------------------------------------------------------ using


@mutant(kills="sessions.use", reason="SESSION_HEADER_LEAKS", layer="standards")
def greets_every_request_of_a_session(package: ModuleType) -> ModuleType:
    """Answer every request of a session with the header of a new one."""

    async def call(real: Real, handler: Any, request: Any) -> Any:
        response = await real(handler, request)
        if session := request.headers.get("X-Amzn-SageMaker-Session-Id"):
            response.headers["X-Amzn-SageMaker-New-Session-Id"] = session
        return response

    return around(package, "sessions.decorators", "call", call)


@mutant(kills="sessions.unknown-refused", reason="UNKNOWN_SESSION_SERVED", layer="standards")
def finds_sessions_in_any_case(package: ModuleType) -> ModuleType:
    """Look ids up without regard to case."""

    def get_session(real: Real, manager: Any, session_id: str) -> Any:
        return real(manager, session_id.lower())

    return around(package, "sessions.manager", "SessionManager.get_session", get_session)


@mutant(
    kills="sessions.unknown-refused", reason="UNKNOWN_SESSION_STATUS", layer="standards",
    also=(*TOLD_AND_EXPIRING, "sessions.close-unknown", "sessions.parallel-close"),
)  # fmt: skip
def answers_404_for_an_unknown_session(package: ModuleType) -> ModuleType:
    """Answer 404 where a session is not found."""

    def unknown(real: Real, session_id: str) -> Exception:
        refused: Any = real(session_id)
        refused.status = 404
        return refused  # type: ignore[no-any-return]  # made by the core

    return around(package, "sessions.core", "_unknown", unknown)


@mutant(
    kills="sessions.sessionless-served", reason="SESSIONLESS_REFUSED", layer="standards",
    also=("sessions.close-unknown",),
)  # fmt: skip
def takes_new_session_for_an_id(package: ModuleType) -> ModuleType:
    """Look `NEW_SESSION` up as if it were an id."""
    return change(package, "sessions.core", "NO_SESSION_YET", lambda _: "")


# ---------------------------------------------------------------------------------------------------------- closing


@mutant(kills="sessions.close", reason="CLOSE_HEADER", layer="standards")
def closes_without_the_header(package: ModuleType) -> ModuleType:
    """Leave the header of a closed session out."""

    def close_session(real: Real, manager: Any, session_id: str | None) -> Any:
        reply = real(manager, session_id)
        return type(reply)(reply.status, reply.body)

    return on_both_routes(package, "close_session", close_session)


@mutant(
    kills="sessions.closed-stays-closed", reason="CLOSED_SESSION_SERVED", layer="standards",
    also=(
        "sessions.parallel-close", "sessions.lifecycle", "sessions.expiring-lifecycle", "sessions.stored-in-path",
    ),
)  # fmt: skip
def closes_nothing(package: ModuleType) -> ModuleType:
    """Say that a session is closed, and keep it."""

    def close_session(real: Real, manager: Any, session_id: str | None) -> None:
        if not session_id or manager.get_session(session_id) is None:
            real(manager, session_id)

    return around(package, "sessions.manager", "SessionManager.close_session", close_session)


@mutant(
    kills="sessions.parallel-close", reason="CLOSED_TWICE", layer="standards",
    also=("sessions.lifecycle", "sessions.expiring-lifecycle"),
)  # fmt: skip
def looks_before_it_closes(package: ModuleType) -> ModuleType:
    """Look whether a session is open, and close it a moment later."""

    def close_session(real: Real, manager: Any, session_id: str | None) -> None:
        if not session_id or manager.get_session(session_id) is None:
            real(manager, session_id)
        time.sleep(0.02)
        manager.files.remove(session_id)

    return around(package, "sessions.manager", "SessionManager.close_session", close_session)


@mutant(kills="sessions.close-without-id", reason="CLOSE_WITHOUT_ID", layer="standards")
def answers_400_for_a_close_without_an_id(package: ModuleType) -> ModuleType:
    """Answer 400 where a close names no session."""
    return _refusing_closes(package, lambda session_id: not session_id, "a session id is required")


@mutant(kills="sessions.close-unknown", reason="CLOSE_OF_UNKNOWN", layer="standards")
def answers_400_for_a_close_of_new_session(package: ModuleType) -> ModuleType:
    """Take `NEW_SESSION` for an unknown id where it is to be closed."""
    return _refusing_closes(package, lambda session_id: session_id == "NEW_SESSION", "session not found: NEW_SESSION")


@mutant(
    kills="sessions.malformed-request", reason="MALFORMED_ACCEPTED", layer="standards",
    also=("engine-sessions.client-fields",),
)  # fmt: skip
def takes_session_requests_with_more_fields(package: ModuleType) -> ModuleType:
    """Drop what a session request says beside what it is."""

    def asked(real: Real, document: Any) -> Any:
        meant = isinstance(document, dict) and "requestType" in document
        return real({"requestType": document["requestType"]} if meant else document)

    return around(package, "sessions.core", "asked", asked)


@mutant(
    kills="sessions.malformed-request", reason="MALFORMED_STATUS", layer="standards",
    also=("engine-sessions.client-fields",),
)  # fmt: skip
def answers_422_for_a_malformed_session_request(package: ModuleType) -> ModuleType:
    """Answer 422 for a session request that is none."""
    refused = part(package, "transforms.refusals").RefusedError

    def asked(real: Real, document: Any) -> Any:
        try:
            return real(document)
        except refused as error:
            raise refused(422, error.detail) from error

    return around(package, "sessions.core", "asked", asked)


# ------------------------------------------------------------------------------------------------------------- time


@mutant(
    kills="sessions.ttl-absolute", reason="SESSION_SLIDES", layer="standards", also=("sessions.expiring-lifecycle",)
)
def extends_a_session_by_each_use(package: ModuleType) -> ModuleType:
    """Count the time of a session from its last use."""

    def get_session(real: Real, manager: Any, session_id: str) -> Any:
        session = real(manager, session_id)
        if session is not None:
            stamp = manager.files.root / session_id / ".expiration_ts"
            stamp.write_text(json.dumps(time.time() + manager.lifetime))
        return session

    return around(package, "sessions.manager", "SessionManager.get_session", get_session)


@mutant(
    kills="sessions.expiring-lifecycle", reason="EXPIRED_SERVED", layer="standards",
    also=("sessions.expires", "sessions.ttl-absolute"), name="ends-sessions-only-when-one-is-created",
)  # fmt: skip
@mutant(
    kills="sessions.expires", reason="EXPIRED_SERVED", layer="standards",
    also=("sessions.ttl-absolute", "sessions.expiring-lifecycle"),
)  # fmt: skip
def never_ends_a_session(package: ModuleType) -> ModuleType:
    """Serve a session as long as its files are there, which the next create removes."""
    session = part(package, "sessions.manager").Session

    def get_session(_: Real, manager: Any, session_id: str) -> Any:
        ends = manager.files.ends(session_id)
        return None if ends is None else session(session_id, ends, manager.files)

    return around(package, "sessions.manager", "SessionManager.get_session", get_session)


@mutant(kills="sessions.expired-collected", reason="EXPIRED_KEPT", layer="standards")
def keeps_what_is_over(package: ModuleType) -> ModuleType:
    """Never remove the files of a session that is over."""
    return change_method(package, "sessions.storage", "SessionFiles", "sweep", lambda _: lambda _files, _now: 0)


@mutant(kills="sessions.lifecycle", reason="VALID_SESSION_REFUSED", layer="standards",
        also=("sessions.expiring-lifecycle",))  # fmt: skip
def closes_the_neighbour_too(package: ModuleType) -> ModuleType:
    """Close with a session the one that was created after it."""
    created: list[str] = []

    def create_session(real: Real, manager: Any) -> Any:
        session = real(manager)
        created.append(session.session_id)
        return session

    def close_session(real: Real, manager: Any, session_id: str | None) -> None:
        real(manager, session_id)
        after = created[created.index(session_id) + 1 :] if session_id in created else []
        for neighbour in after[:1]:
            manager.files.remove(neighbour)

    around(package, "sessions.manager", "SessionManager.create_session", create_session)
    return around(package, "sessions.manager", "SessionManager.close_session", close_session)


def _ending(package: ModuleType, told: Real) -> ModuleType:
    expires = property(lambda session: told(session.expiration_ts))
    return change_method(package, "sessions.manager", "Session", "expires", lambda _: expires)


def _refusing_closes(package: ModuleType, refuses: Real, text: str) -> ModuleType:
    refused = part(package, "transforms.refusals").RefusedError

    def close_session(real: Real, manager: Any, session_id: str | None) -> Any:
        if manager is not None and refuses(session_id):
            raise refused(400, text)
        return real(manager, session_id)

    return on_both_routes(package, "close_session", close_session)
