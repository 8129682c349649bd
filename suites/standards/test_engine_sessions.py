"""Judges sessions that the engine manages itself, through the handlers that it registered."""

from seatrial.conformance.api import Untested, clause, expect, observed, untested
from seatrial.suites.standards.reasons.sessions import Reason
from seatrial.suites.standards.scenarios.engine_sessions import CAPACITY, REASON, UNKNOWN, ManagedSeen, OnlyCreateSeen
from seatrial.suites.standards.scenarios.failures import BrokenStart
from seatrial.suites.standards.state_judging import expect_answer, expect_echo
from seatrial.suites.standards.state_routes import CLOSED, NEW, error_text, session_of

CREATED, CLOSED_TEXT = "Successfully created session: ", "Successfully closed session: "
NO_ID = "Session ID is required in request headers to close a session"


@clause("engine-sessions.create")
def test_create(standards_engine_sessions: ManagedSeen) -> None:
    """An engine with sessions of its own needs no switch; the caller gets the engine's id and nothing else of it."""
    calls, session = standards_engine_sessions.calls, standards_engine_sessions.session
    expect_answer(calls, "create", status=200, reason=Reason.ENGINE_CREATE_UNUSED)
    create = calls["create"]
    expect(session.startswith("engine-"), f"the id {session!r}", proof=create).to_be_true(
        reason=Reason.ENGINE_CREATE_UNUSED, expected="the id that the engine gave"
    )
    value = create.answer.header(NEW) if create.answer else None
    expect(value, f"{NEW}: {value!r}", proof=create).to_be(
        session, reason=Reason.ENGINE_EXPIRES, expected="the bare id, without Expires"
    )
    expect(error_text(create), proof=create).to_be(f"{CREATED}{session}", reason=Reason.ENGINE_BODY_LEAKS)


@clause("engine-sessions.id-path")
def test_id_path(standards_engine_sessions: ManagedSeen, standards_only_create: OnlyCreateSeen | None = None) -> None:
    """Engines name the id in a field, in a header, or answer it bare."""
    calls = standards_engine_sessions.calls
    for name in ("create", "create, id in a header"):
        call = calls[name]
        expect(session_of(call), f"{name}, {calls.said(name)}", proof=call).to_hold(
            lambda session: session.startswith("engine-"), reason=Reason.ENGINE_ID_PATH, expected="the engine's id"
        )
    if standards_only_create is not None:
        call = standards_only_create.calls["create"]
        expect(standards_only_create.session, standards_only_create.calls.said("create"), proof=call).to_hold(
            lambda session: session.startswith("engine-"), reason=Reason.ENGINE_ID_PATH,
            expected="the engine's id, which is its whole answer",
        )  # fmt: skip


@clause("engine-sessions.id-missing")
def test_id_missing(standards_engine_sessions: ManagedSeen) -> None:
    """A session without an id cannot be used; whoever asked must hear that there is none."""
    text = "Session ID not found in response"
    expect_answer(
        standards_engine_sessions.calls, "create, no id", status=500, text=text, reason=Reason.ENGINE_ID_MISSING
    )


@clause("engine-sessions.created-status")
def test_created_status(standards_engine_sessions: ManagedSeen) -> None:
    """An engine may say 201; what becomes of that differs."""
    call = standards_engine_sessions.calls["create, 201"]
    named = "with" if session_of(call) else "without"
    observed(f"an engine's 201 becomes {call.status} {named} the header of a new session")


@clause("engine-sessions.errors-pass")
def test_errors_pass(standards_engine_sessions: ManagedSeen) -> None:
    """Full, in conflict, broken: the caller acts on which one it is."""
    calls, changed = standards_engine_sessions.calls, Reason.ENGINE_ERROR_CHANGED
    expect_answer(calls, "create, 503", status=503, text="the engine is full", reason=changed)
    expect_answer(calls, "create, 409", status=409, text='{"engine": "conflict"}', reason=changed)
    text = "Unexpected error during transformation"
    expect_answer(calls, "create, a bug", status=500, text=text, reason=changed)


@clause("engine-sessions.ids-unchecked")
def test_ids_unchecked(standards_engine_sessions: ManagedSeen) -> None:
    """Only the engine knows its sessions, so only the engine may refuse one."""
    expect_echo(
        standards_engine_sessions.calls, "use of an unknown id", {"echo": "seatrial", "session_id": UNKNOWN},
        reason=Reason.ENGINE_IDS_CHECKED,
    )  # fmt: skip


@clause("engine-sessions.close")
def test_close(standards_engine_sessions: ManagedSeen) -> None:
    """The engine learns which session to close, and the platform that it is closed."""
    seen, calls = standards_engine_sessions, standards_engine_sessions.calls
    expect_answer(calls, "close", status=200, text=f"{CLOSED_TEXT}{seen.session}", reason=Reason.ENGINE_CLOSE)
    call = calls["close"]
    value = call.answer.header(CLOSED) if call.answer else None
    expect(value, f"{CLOSED}: {value!r}", proof=call).to_be(seen.session, reason=Reason.CLOSE_HEADER)
    asked = seen.asked.get("close", {}).get("session_id")
    expect(asked, f"the engine was asked to close {asked!r}", proof=call).to_be(
        seen.session, reason=Reason.ENGINE_CLOSE
    )
    for name in ("close without an id", "close of an empty id"):
        expect_answer(calls, name, status=400, text=NO_ID, reason=Reason.CLOSE_WITHOUT_ID)
    for name in ("close of an unknown id", "close after close"):
        expect_answer(calls, name, status=404, reason=Reason.ENGINE_ERROR_CHANGED)


@clause("engine-sessions.client-fields")
def test_client_fields(standards_engine_sessions: ManagedSeen) -> None:
    """What the engine is asked for is the operator's to say, not the caller's."""
    expect_answer(
        standards_engine_sessions.calls, "create with another field", status=400, starts="[{",
        reason=Reason.CLIENT_FIELDS_TAKEN,
    )  # fmt: skip


@clause("engine-sessions.defaults")
def test_defaults(standards_engine_sessions: ManagedSeen) -> None:
    """An operator sizes sessions without touching the engine's code."""
    asked = standards_engine_sessions.asked
    if not asked:
        untested(Untested.PREREQUISITE, "the engine was never asked for a session")
    found = (asked.get("create", {}).get("capacity"), asked.get("close", {}).get("reason"))
    expect(found, f"the engine got capacity {found[0]!r} and reason {found[1]!r}").to_be(
        (CAPACITY, REASON), reason=Reason.DEFAULTS_UNUSED, expected=f"{CAPACITY} and {REASON!r} from the variables"
    )
    expect_answer(
        standards_engine_sessions.calls, "create, invalid for the engine", status=frozenset({422, 424}), starts="[{",
        reason=Reason.DEFAULTS_UNCHECKED,
    )  # fmt: skip


@clause("engine-sessions.bad-defaults")
def test_bad_defaults(standards_bad_defaults: BrokenStart) -> None:
    """A variable that is no JSON was meant to say something."""
    seen = standards_bad_defaults
    expect(seen.healthy is None, f"{seen.what}: healthy after {seen.watched:.1f} s", proof=seen.last).to_be_true(
        reason=Reason.BAD_DEFAULTS_TAKEN, expected="a start that fails"
    )


@clause("engine-sessions.only-create")
def test_only_create(standards_only_create: OnlyCreateSeen) -> None:
    """An engine that creates but does not close leaves its sessions to a manager that does not know them."""
    observed(f"a close is answered {standards_only_create.calls['close'].status}")
