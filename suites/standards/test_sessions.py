"""Judges sessions that the server manages: creating, using and closing them, on every route where they were seen."""

import re
from datetime import UTC, datetime

from seatrial.conformance.api import Exchange, Limits, Untested, clause, expect, observed, untested
from seatrial.suites.standards.reasons.sessions import Reason
from seatrial.suites.standards.scenarios.sessions import TRAVERSAL, OffSeen, OwnSeen, SessionsSeen
from seatrial.suites.standards.state_judging import expect_answer, need_some, tell_routes
from seatrial.suites.standards.state_routes import CLOSED, NEW, SESSION, Calls, error_text, session_of

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EXPIRES = re.compile(r"; Expires=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
OFF = "Invalid payload. stateful sessions not enabled"
LOST = "Bad request: session not found: "
NOT_CLOSED = "Failed to close session: "


@clause("sessions.enable-values")
def test_enable_values(
    standards_sessions: SessionsSeen, standards_sessions_off: OffSeen, standards_own_sessions: OwnSeen | None = None
) -> None:
    """A switch that any word throws is thrown by mistake."""
    del standards_own_sessions
    expect_answer(standards_sessions.calls, "create", status=200, reason=Reason.SESSIONS_NEVER_ON)
    create = standards_sessions_off.calls["create"]
    what = f"SAGEMAKER_ENABLE_STATEFUL_SESSIONS=yes: a session was created, {create.summary}"
    expect(not session_of(create), what, proof=create).to_be_true(
        reason=Reason.SESSIONS_ON_BY_ANY_VALUE,
        expected="sessions on for `true` and `1` in any case, and for nothing else",
    )


@clause("sessions.off-refuses-requests")
def test_off_refuses_requests(standards_sessions_off: OffSeen) -> None:
    """A model that gets a session request answers nonsense, and its caller never learns why."""
    for name in ("create", "close"):
        expect_answer(standards_sessions_off.calls, name, status=400, starts=OFF, reason=Reason.OFF_FORWARDS_REQUEST)


@clause("sessions.off-refuses-header")
def test_off_refuses_header(standards_sessions_off: OffSeen) -> None:
    """A caller who believes to be in a session must hear that there is none."""
    calls, text = standards_sessions_off.calls, f"{OFF}, {SESSION} header not supported"
    expect_answer(calls, "use", status=400, text=text, reason=Reason.OFF_IGNORES_HEADER)
    expect_answer(calls, "use with an empty header", status=200, reason=Reason.OFF_REFUSES_INFERENCE)


@clause("sessions.off-serves")
def test_off_serves(standards_sessions_off: OffSeen) -> None:
    """Whoever asks for no session gets an answer."""
    expect_answer(standards_sessions_off.calls, "plain", status=200, reason=Reason.OFF_REFUSES_INFERENCE)


@clause("sessions.off-leaves-no-folder")
def test_off_leaves_no_folder(standards_sessions_off: OffSeen) -> None:
    """A folder made at import by one user once kept every other user's server from starting."""
    given = standards_sessions_off.storage.exists["given"]
    expect(not given, "the folder of SAGEMAKER_SESSIONS_PATH was made").to_be_true(
        reason=Reason.OFF_MAKES_FOLDER, expected="no folder for sessions that are turned off"
    )


@clause("sessions.create")
def test_create(standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None) -> None:
    """The platform routes every later request of the session by the id in that header."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        expect_answer(seen.calls, "create", status=200, reason=Reason.SESSION_NOT_CREATED)
        call, session = seen.calls["create"], seen.ids["create"]
        value = _header(call, NEW)
        expect(bool(UUID4.fullmatch(session)), f"{NEW}: {value!r}", proof=call).to_be_true(
            reason=Reason.CREATE_HEADER, expected=f"a UUID of version 4 at the start of {NEW}"
        )
        expect(error_text(call), proof=call).to_be(f"Session {session} created", reason=Reason.CREATE_BODY)
    tell_routes(seen.calls for seen in found)


@clause("sessions.create-expires")
def test_create_expires(
    limit: Limits, standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A caller plans by that moment; in local time or in milliseconds it is hours off."""
    found = _seen(standards_own_sessions, standards_sessions)
    off = 0.0
    for seen in found:
        call, value = seen.calls["create"], _header(seen.calls["create"], NEW)
        match = EXPIRES.fullmatch(value[len(seen.ids["create"]) :])
        form = "`; Expires=YYYY-MM-DDTHH:MM:SSZ` after the id"
        expect(match, f"{NEW}: {value!r}", proof=call).to_hold(bool, reason=Reason.CREATE_EXPIRES_FORM, expected=form)
        moment = datetime.strptime(match[1] if match else "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        begun, ended = (at + limit.ttl_s for at in seen.between)
        off = max(off, begun - moment, moment - ended)
        expect(off, f"{NEW}: {value!r}, {off:+.1f} s off", proof=call).to_be_at_most(
            limit.tolerance, reason=Reason.CREATE_EXPIRES_TIME, expected=f"{limit.ttl_s:g} s after the create, in UTC"
        )
    tell_routes(seen.calls for seen in found)


@clause("sessions.ids-unique")
def test_ids_unique(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """Two callers with one id read each other's conversation."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        if failed := seen.crowd_failed:
            expect(failed.ok, f"on {seen.calls.route}, one of many at once: {failed.summary}", proof=failed).to_be_true(
                reason=Reason.SESSION_NOT_CREATED, expected="200 and an id for each of 200 creates at once"
            )
        twice = len(seen.crowd) - len(set(seen.crowd))
        expect(twice, f"on {seen.calls.route}: {twice} ids of {len(seen.crowd)} were given twice").to_be(
            0, reason=Reason.IDS_REPEAT, expected="an id of its own for each session"
        )
    tell_routes(seen.calls for seen in found)


@clause("sessions.create-ignores-header")
def test_create_ignores_header(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """The platform itself sends `NEW_SESSION` in that header."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for name in ("create with NEW_SESSION", "create with a valid id"):
            expect_answer(seen.calls, name, status=200, reason=Reason.CREATE_HINDERED_BY_HEADER)
            fresh = seen.ids[name] not in {"", "NEW_SESSION", seen.ids["create"]}
            expect(fresh, f"{name}: the id {seen.ids[name]!r}", proof=seen.calls[name]).to_be_true(
                reason=Reason.CREATE_HINDERED_BY_HEADER, expected="a new id"
            )
    tell_routes(seen.calls for seen in found)


@clause("sessions.create-with-stale-id")
def test_create_with_stale_id(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A caller that tries again after its session ended may still send the old id."""
    found = _seen(standards_own_sessions, standards_sessions)
    words = ", ".join(f"{seen.calls['create with an unknown id'].status} on {seen.calls.route}" for seen in found)
    observed(f"a create that carries an unknown id is answered {words}")


@clause("sessions.use")
def test_use(standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None) -> None:
    """What a session is for."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for name in ("use", "use again"):
            usual, call = seen.calls["plain"].status, seen.calls[name]
            expect(call.status, f"a request in a session, {seen.calls.said(name)}", proof=call).to_be(
                usual, reason=Reason.VALID_SESSION_REFUSED, expected=f"{usual}, as without a session"
            )
            leaked = [header for header in (NEW, CLOSED) if _header(call, header)]
            expect(leaked, f"{', '.join(leaked)} in the answer to a {name}", proof=call).to_be_empty(
                reason=Reason.SESSION_HEADER_LEAKS, expected="no header that speaks of a new or closed session"
            )
    tell_routes(seen.calls for seen in found)


@clause("sessions.unknown-refused")
def test_unknown_refused(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A caller whose context is gone must be told, not answered without it."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for name in ("use of an unknown id", "use of the id in the other case", "use of a path"):
            _expect_lost(seen.calls, name, Reason.UNKNOWN_SESSION_SERVED)
        text = f"{LOST}{TRAVERSAL}"
        expect_answer(seen.calls, "use of a path", status=400, text=text, reason=Reason.UNKNOWN_SESSION_STATUS)
    tell_routes(seen.calls for seen in found)


@clause("sessions.sessionless-served")
def test_sessionless_served(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """The platform sends `NEW_SESSION` in the header of a first request; that is no id."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        usual = seen.calls["plain"].status or 200
        for name in ("use of NEW_SESSION", "use of an empty id"):
            expect_answer(seen.calls, name, status=usual, reason=Reason.SESSIONLESS_REFUSED)
    tell_routes(seen.calls for seen in found)


@clause("sessions.close")
def test_close(standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None) -> None:
    """The platform forgets the route of a session by that header."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        session, call = seen.ids["create"], seen.calls["close"]
        text = f"Session {session} closed"
        expect_answer(seen.calls, "close", status=200, text=text, reason=Reason.SESSION_NOT_CLOSED)
        value = _header(call, CLOSED)
        expect(value, f"{CLOSED}: {value!r}", proof=call).to_be(session, reason=Reason.CLOSE_HEADER)
    tell_routes(seen.calls for seen in found)


@clause("sessions.closed-stays-closed")
def test_closed_stays_closed(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A closed session that is served again has lost what was said in it."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for name in ("use after close", "close after close"):
            _expect_lost(seen.calls, name, Reason.CLOSED_SESSION_SERVED)
    tell_routes(seen.calls for seen in found)


@clause("sessions.parallel-close")
def test_parallel_close(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A client that tries again must not close what somebody else closed: one success, and a refusal for the rest."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for closes in seen.closes:
            won = tuple(call for call in closes if call.ok)
            expect(len(won), f"{len(won)} of {len(closes)} closes at once succeeded", proof=won[:2]).to_be(
                1, reason=Reason.CLOSED_TWICE, expected="one close of a session that succeeds"
            )
            odd = tuple(call for call in closes if call not in won and call.status not in {400, 424})
            expect(odd, f"a close that came too late: {odd[0].summary if odd else ''}", proof=odd[:1]).to_be_empty(
                reason=Reason.UNKNOWN_SESSION_STATUS, expected="400 for a close that came too late (424 where it raced)"
            )
    tell_routes(seen.calls for seen in found)


@clause("sessions.close-without-id")
def test_close_without_id(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """424 tells a close that lacks its id from a session that is gone."""
    found = _seen(standards_own_sessions, standards_sessions)
    starts = f"{NOT_CLOSED}invalid session_id: "
    for seen in found:
        absent = f"{starts}None"
        expect_answer(seen.calls, "close without an id", status=424, text=absent, reason=Reason.CLOSE_WITHOUT_ID)
        expect_answer(
            seen.calls, "close of an empty id", status=424, starts=starts.strip(), reason=Reason.CLOSE_WITHOUT_ID
        )
    tell_routes(seen.calls for seen in found)


@clause("sessions.close-unknown")
def test_close_unknown(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """Closing what is not there is refused, and says so."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        calls = seen.calls
        expect_answer(calls, "close of an unknown id", status=400, starts=LOST, reason=Reason.CLOSE_OF_UNKNOWN)
        text = f"{NOT_CLOSED}session not found: NEW_SESSION"
        expect_answer(calls, "close of NEW_SESSION", status=424, text=text, reason=Reason.CLOSE_OF_UNKNOWN)
    tell_routes(seen.calls for seen in found)


@clause("sessions.malformed-request")
def test_malformed_request(
    standards_own_sessions: OwnSeen | None = None, standards_sessions: SessionsSeen | None = None
) -> None:
    """A misspelt session request must not reach the model as if it were a prompt."""
    found = _seen(standards_own_sessions, standards_sessions)
    for seen in found:
        for name, call in seen.malformed.named.items():
            what = f"a session request with {name}, {seen.malformed.said(name)}"
            expect(call.ok, what, proof=call).to_be(False, reason=Reason.MALFORMED_ACCEPTED, expected="400")
            expect(call.status, what, proof=call).to_be(400, reason=Reason.MALFORMED_STATUS)
            expect(error_text(call), what, proof=call).to_hold(
                _pydantic, reason=Reason.MALFORMED_STATUS, expected="a JSON list of what is wrong, as text"
            )
    tell_routes(seen.calls for seen in found)


@clause("sessions.outside-adapters")
def test_outside_adapters(standards_own_sessions: OwnSeen) -> None:
    """A session request into which an adapter's name is put has a field too many."""
    if standards_own_sessions.sessions is None or standards_own_sessions.with_adapter is None:
        untested(Untested.OUT_OF_REACH, "the engine's own route has no sessions")
    call = standards_own_sessions.with_adapter
    expect(
        call.status, f"a create that names an adapter: {call.summary}, {error_text(call)[:120]!r}", proof=call
    ).to_be(200, reason=Reason.ADAPTER_BEFORE_SESSION)


def _seen(own: OwnSeen | None, mounted: SessionsSeen | None) -> tuple[SessionsSeen, ...]:
    """Sessions on every route where there are some, the engine's own first."""
    found = tuple(seen for seen in (own.sessions if own else None, mounted) if seen is not None)
    need_some((seen.calls for seen in found), "sessions")
    return found


def _expect_lost(calls: Calls, name: str, served: Reason) -> None:
    call = calls[name]
    expect(call.ok, f"{name}, {calls.said(name)}", proof=call).to_be(False, reason=served, expected="400, not found")
    expect_answer(calls, name, status=400, starts=LOST, reason=Reason.UNKNOWN_SESSION_STATUS)


def _pydantic(text: str) -> bool:
    return text.startswith("[{") and '"msg"' in text


def _header(call: Exchange, name: str) -> str:
    return (call.answer.header(name) or "") if call.answer else ""
