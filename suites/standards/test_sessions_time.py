"""Judges how sessions end with time, where they are kept, and which layers know of them."""

from seatrial.conformance.api import Exchange, Limits, NotApplicable, Untested, clause, expect, observed, untested
from seatrial.suites.standards.models import Lifetime, When
from seatrial.suites.standards.reasons.sessions import Reason
from seatrial.suites.standards.scenarios.failures import BrokenStart
from seatrial.suites.standards.scenarios.injection import SessionIdSeen
from seatrial.suites.standards.scenarios.sessions import SessionsSeen, Storage
from seatrial.suites.standards.scenarios.sessions_time import (
    FolderSeen,
    LeftSeen,
    StraySeen,
    TimeSeen,
    WorkersSeen,
)
from seatrial.suites.standards.state_judging import expect_answer, expect_echo


@clause("sessions.ttl-absolute")
def test_ttl_absolute(standards_expiry: TimeSeen, limit: Limits) -> None:
    """Whoever plans by the moment in the header must find it true, however busy the session was."""
    _need_time(standards_expiry, "used", "use in time", limit.ttl_s, alive=True)
    _need_time(standards_expiry, "used", "used, first use", limit.ttl_s, alive=False)
    expect_answer(standards_expiry.calls, "use in time", status=200, reason=Reason.VALID_SESSION_REFUSED)
    _expect_over(standards_expiry, "used", Reason.SESSION_SLIDES)


@clause("sessions.expires")
def test_expires(standards_expiry: TimeSeen, limit: Limits) -> None:
    """A session that never ends holds memory for ever."""
    _need_time(standards_expiry, "quiet", "quiet, first use", limit.ttl_s, alive=False)
    first = _expect_over(standards_expiry, "quiet", Reason.EXPIRED_SERVED)
    observed(f"the first use after the time was over is answered {first.status}")


@clause("sessions.close-expired")
def test_close_expired(standards_expiry: TimeSeen) -> None:
    """Closing what is over anyway does no harm; what it is answered differs."""
    observed(f"a close after the time was over is answered {standards_expiry.calls['close when over'].status}")


@clause("sessions.expired-collected")
def test_expired_collected(standards_expiry: TimeSeen) -> None:
    """What is kept of sessions that are over must not fill the disk."""
    expect_answer(standards_expiry.calls, "create when over", status=200, reason=Reason.SESSION_NOT_CREATED)
    session = standards_expiry.ids["forgotten"]
    left = session in standards_expiry.collected.kept["given"]
    expect(left, f"{session} is still kept after its time and after one more create").to_be(
        False, reason=Reason.EXPIRED_KEPT, expected="the next create to remove what is over"
    )


@clause("sessions.stored-in-path")
def test_stored_in_path(standards_sessions: SessionsSeen) -> None:
    """With a path given, sessions are files there, so that a process that starts later finds them."""
    if standards_sessions.storage is None:
        untested(Untested.PREREQUISITE, "the script did not look at what is stored")
    opened, after = standards_sessions.storage
    session = standards_sessions.ids["create"]
    text = opened.kept["given"].get(session)
    expect(text, f"the entries {sorted(opened.kept['given'])[:5]}, {session}: {text!r}").to_hold(
        lambda value: value is not None and _epoch(value) > opened.now, reason=Reason.NOT_STORED,
        expected="SAGEMAKER_SESSIONS_PATH/<id>/.expiration_ts with the moment of expiry in seconds",
    )  # fmt: skip
    expect(session in after.kept["given"], f"{session} is still kept after its close").to_be(
        False, reason=Reason.STORED_AFTER_CLOSE, expected="nothing kept of a closed session"
    )


@clause("sessions.default-path")
def test_default_path(standards_workers: WorkersSeen, standards_sessions_fallback: FolderSeen) -> None:
    """A folder that cannot be made has kept servers from starting; there is always another one."""
    expect(standards_sessions_fallback.ready, "a folder that cannot be made: the server did not become ready").to_be(
        True, reason=Reason.BAD_FOLDER_STOPS, expected="a server that keeps sessions in <tmp>/sagemaker_sessions"
    )
    for name in ("create", "use", "close"):
        expect_answer(standards_sessions_fallback.calls, name, status=200, reason=Reason.BAD_FOLDER_STOPS)
    places = _places(standards_sessions_fallback.storage, standards_sessions_fallback.session)
    expect(places, f"with a path that cannot be made, kept in {places or 'none of the folders'}").to_be(
        ["tmp"], reason=Reason.BAD_FOLDER_STOPS, expected="<tmp>/sagemaker_sessions"
    )
    usable, session = standards_workers.storage.shm_usable, standards_workers.ids[0]
    wanted, places = ["shm" if usable else "tmp"], _places(standards_workers.storage, session)
    expect(places, f"without a path, kept in {places or 'none of the folders'}").to_be(
        wanted, reason=Reason.DEFAULT_FOLDER,
        expected="the folder in /dev/shm where that can be written, else the one in <tmp>",
    )  # fmt: skip


@clause("sessions.survive-restart")
def test_survive_restart(standards_session_restart: LeftSeen) -> None:
    """With a path given, a process that starts later finds the sessions of the one before."""
    use = standards_session_restart.use
    if use is None:
        observed("the server process was not started again inside the container")
    observed(f"a session of the process before is answered {use.status} after a restart")


@clause("sessions.shared-by-workers")
def test_shared_by_workers(standards_workers: WorkersSeen) -> None:
    """A session that only one of several processes knows is refused by all others, at random."""
    seen = standards_workers
    if len(seen.pids) < 2:
        raise NotApplicable("one process answered everything, also where two were asked for")
    what = f"{seen.refused} of {seen.uses} requests in valid sessions were refused by {len(seen.pids)} processes"
    expect(seen.refused, what, proof=(seen.first,) if seen.first else ()).to_be(
        0, reason=Reason.NOT_SHARED, expected="every process to know every session"
    )


@clause("sessions.stray-entries")
def test_stray_entries(standards_stray: StraySeen) -> None:
    """Something foreign in the folder may stop every create for ever."""
    first, second = (standards_stray.calls[name].status for name in ("create", "create again"))
    observed(f"after a stray file and a session deleted by hand, creates are answered {first} and {second}")


@clause("sessions.bad-ttl")
def test_bad_ttl(standards_ttl_zero: BrokenStart, standards_ttl_word: BrokenStart) -> None:
    """A number that is none must be told at the start, not become another one in silence."""
    for seen in (standards_ttl_zero, standards_ttl_word):
        if seen.healthy is None and not seen.enough and seen.state.running:
            untested(Untested.PREREQUISITE, f"the start with {seen.what} was not watched for long enough")
        expect(seen.healthy is None, f"{seen.what}: healthy after {seen.watched:.1f} s", proof=seen.last).to_be_true(
            reason=Reason.BAD_TTL_TAKEN, expected="a start that fails"
        )


@clause("sessions.id-injected")
def test_id_injected(standards_session_id: SessionIdSeen) -> None:
    """An engine that keeps sessions itself needs to know which one a request belongs to."""
    calls, session, missing = standards_session_id.calls, standards_session_id.session, Reason.ID_NOT_INJECTED
    expect_echo(calls, "top", {"a": 1, "session_id": session}, reason=missing)
    expect_echo(calls, "top, taken", {"session_id": session}, reason=missing)
    expect_echo(calls, "top, no header", {"a": 1}, reason=Reason.ID_INJECTED_UNASKED)
    expect_echo(calls, "nested, no parent", {"a": 1, "meta": {"session_id": session}}, reason=missing)
    expect_echo(calls, "nested", {"meta": {"b": 2, "session_id": session}}, reason=missing)
    expect_echo(calls, "deep", {"a": {"b": {"session_id": session}}}, reason=missing)
    for name in ("nested, odd parent", "deep, no parents"):
        call = calls[name]
        expect(call.ok, f"{name}, {calls.said(name)}", proof=call).to_be(
            False, reason=Reason.PARENTS_INVENTED, expected="an error: there is no place for the id"
        )


@clause("sessions.not-without-layer")
def test_not_without_layer(standards_session_id: SessionIdSeen) -> None:
    """A handler of the customer's own gets what was sent, unless it asks for the layer."""
    calls = standards_session_id.calls
    expect_echo(calls, "no layer, unknown id", {"a": 1}, reason=Reason.LAYER_UNASKED)
    expect_echo(calls, "no layer, create", {"requestType": "NEW_SESSION"}, reason=Reason.LAYER_UNASKED)


def _need_time(seen: TimeSeen, name: str, call: str, ttl: float, *, alive: bool) -> None:
    """See that a call was on the right side of the expiry for certain, else nothing can be said of it."""
    wanted = When.IN_TIME if alive else When.OVER
    if Lifetime.of(seen.calls[f"create {name}"], ttl).when(seen.calls[call]) is not wanted:
        untested(Untested.PREREQUISITE, "this machine was too slow to ask before and after the time was over")


def _expect_over(seen: TimeSeen, name: str, reason: Reason) -> Exchange:
    first, second = seen.calls[f"{name}, first use"], seen.calls[f"{name}, second use"]
    expect(first.status, f"{name}, {seen.calls.said(f'{name}, first use')}", proof=first).to_be_in(
        {200, 400}, reason=Reason.UNKNOWN_SESSION_STATUS, expected="400, or 200 for the very first use"
    )
    what = f"the second use after its time, {seen.calls.said(f'{name}, second use')}"
    expect(second.ok, what, proof=(first, second)).to_be(False, reason=reason, expected="400")
    expect(second.status, what, proof=(first, second)).to_be(400, reason=Reason.UNKNOWN_SESSION_STATUS)
    return first


def _epoch(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _places(stored: Storage | None, session: str) -> list[str]:
    kept = stored.kept if stored else {}
    return [name for name in ("shm", "tmp", "given") if session in kept.get(name, {})]
