"""Judges loads and unloads."""

from seatrial.conformance.api import Exchange, Untested, broken, clause, expect, observed, untested
from seatrial.suites.adapters.answers import BASE, NOBODY
from seatrial.suites.adapters.reasons import Reason
from seatrial.suites.adapters.scenarios.in_use import InUseSeen
from seatrial.suites.adapters.scenarios.loading import Life, LoadingSeen
from seatrial.suites.adapters.scenarios.refusals import Leftover, RefusalsSeen
from seatrial.suites.adapters.telling import expect_refused, shown


@clause("lora.load-by-query")
def test_load_by_query(adapters_loading: LoadingSeen) -> None:
    """The form that the platform sends."""
    _judge_load(adapters_loading.by_query, Reason.QUERY_LOAD_REFUSED)


@clause("lora.load-by-body")
def test_load_by_body(adapters_loading: LoadingSeen) -> None:
    """The form that people send."""
    _judge_load(adapters_loading.by_body, Reason.JSON_LOAD_REFUSED)


def _judge_load(life: Life, refused: Reason) -> None:
    load = life.load
    expect(load.done.ok, f"a load: {shown(load.done)}", proof=load.done).to_be_true(reason=refused, expected="2xx")
    if load.ask is not None:
        what = f"then asked, {load.who or 'no one'} answers: {shown(load.ask)}"
        expect(load.ask.ok and load.who in {"", NOBODY, life.label}, what, proof=(load.done, load.ask)).to_be_true(
            reason=Reason.LOADED_WITHOUT_EFFECT, expected=f"an answer by {life.label}"
        )
    observed(f"answered {load.done.status}, and then {load.who or 'somebody'} answers")


@clause("lora.load-incomplete")
def test_load_incomplete(adapters_refusals: RefusalsSeen) -> None:
    """Half a request is the caller's mistake."""
    for what, call in adapters_refusals.incomplete.items():
        expect(call.status, f"{what}: {shown(call)}", proof=call).to_be_in(
            {400, 422}, reason=Reason.INCOMPLETE_LOAD_STATUS, expected="400"
        )


@clause("lora.load-from-nowhere")
def test_load_from_nowhere(adapters_refusals: RefusalsSeen) -> None:
    """A path that does not exist is found out before the load is answered, not at the first call."""
    _judge_leftover(
        adapters_refusals.nowhere, "a path that does not exist", Reason.MISSING_SOURCE_STATUS,
        Reason.MISSING_SOURCE_TAKEN,
    )  # fmt: skip


@clause("lora.load-damaged")
def test_load_damaged(adapters_refusals: RefusalsSeen) -> None:
    """So are weights that cannot be read."""
    if adapters_refusals.damaged is None:
        untested(Untested.OUT_OF_REACH, "this subject is given no files, or the adapter has none that hold weights")
    _judge_leftover(
        adapters_refusals.damaged, "weights that are cut short", Reason.DAMAGED_ADAPTER_STATUS,
        Reason.DAMAGED_ADAPTER_TAKEN,
    )  # fmt: skip


def _judge_leftover(tried: Leftover, what: str, status: Reason, taken: Reason) -> None:
    load = tried.load
    if load.ok:
        then = f"; then asked: {shown(tried.ask)}" if tried.ask else ""
        broken(taken, expected="404 or 400", observed=f"a load of {what}: {shown(load)}{then}", proof=load)
    expect_refused(load, f"a load of {what}", status, expected="404 or 400", statuses=frozenset({400, 404, 422}))
    if tried.ask is not None and tried.ask.ok:
        observed(f"refused with {load.status}; a request for it is answered all the same, see lora.unknown-refused")


@clause("lora.load-taken-name")
def test_load_taken_name(adapters_loading: LoadingSeen) -> None:
    """Either way is fine, as long as what is said is what happened."""
    again, first, rival = adapters_loading.duplicate, adapters_loading.by_query.label, adapters_loading.rival
    if again is None:
        untested(Untested.PREREQUISITE, "the adapter could not be loaded a first time")
    status = again.done.status or 0
    expect(again.done.ok or 400 <= status < 500, f"a second load: {shown(again.done)}", proof=again.done).to_be_true(
        reason=Reason.DUPLICATE_STATUS, expected="4xx, or 2xx where it replaces the adapter"
    )
    if again.ask is None or (again.ask.ok and not again.who):
        observed(f"answered {status}; who answers then cannot be heard")
    wanted = rival if again.done.ok else first
    expect(
        again.who, f"answered {status}, and then {again.who or shown(again.ask)} answers", proof=(again.done, again.ask)
    ).to_be(wanted, reason=Reason.DUPLICATE_MISREPORTED)
    observed(f"answered {status}, and then {again.who} answers")


@clause("lora.unload")
def test_unload(adapters_loading: LoadingSeen) -> None:
    """What was given up is gone; who answers in its place is judged by lora.unknown-refused."""
    ends = []
    for life in (adapters_loading.by_query, adapters_loading.by_body):
        unload = life.unload
        if unload is None:
            continue
        expect(unload.done.ok, f"an unload: {shown(unload.done)}", proof=unload.done).to_be_true(
            reason=Reason.UNLOAD_REFUSED, expected="2xx"
        )
        if life.load.ask is None or unload.ask is None or not life.load.ask.ok:
            continue
        heard = unload.who if unload.ask.ok else "no one"
        expect(heard != life.label, f"after the unload {heard} answers", proof=(unload.done, unload.ask)).to_be_true(
            reason=Reason.STILL_LOADED, expected="4xx"
        )
        ends += [heard] if heard in {BASE, "no one"} else []
    if not ends:
        untested(Untested.PREREQUISITE, "no adapter could be loaded and heard, so its end cannot be heard either")
    observed(f"answered 2xx, and then {ends[0]} answers")


@clause("lora.unload-unknown")
def test_unload_unknown(adapters_refusals: RefusalsSeen) -> None:
    """A mistyped name is the caller's mistake."""
    expect_refused(
        adapters_refusals.stranger, "the unload of a name that nobody loaded", Reason.UNKNOWN_UNLOAD_STATUS,
        expected="404", statuses=frozenset({400, 404}),
    )  # fmt: skip


@clause("lora.unload-in-use")
def test_unload_in_use(adapters_in_use: InUseSeen) -> None:
    """Nobody who has begun with an adapter is given something else."""
    seen = adapters_in_use
    if not seen.in_flight:
        untested(Untested.PREREQUISITE, "no request was under way when the adapter was unloaded")
    for one in seen.in_flight:
        expect(one.call.trouble, f"under way: {shown(one.call)}", proof=(seen.unload, one.call)).to_be(
            None, reason=Reason.IN_FLIGHT_LOST, expected=f"the answer of {seen.label}, or 4xx or 5xx"
        )
        expect(one.who, f"{one.who} answers: {shown(one.call)}", proof=(seen.unload, one.call)).to_be_in(
            {"", seen.label}, reason=Reason.IN_FLIGHT_CHANGED, expected=f"the answer of {seen.label}, or 4xx or 5xx"
        )
    for what, call, fine in (("GET /ping", seen.ping, seen.ping.ok), ("the base model", seen.base, seen.who == BASE)):
        expect(fine, f"afterwards {what}: {shown(call)}", proof=call).to_be_true(
            reason=Reason.UNLOAD_HARMS_SERVER, expected="answers as before"
        )
    ended = sum(one.who == seen.label for one in seen.in_flight)
    observed(
        f"the unload is answered {seen.unload.status} after {seen.unload.done:.2f} s; {ended} of {len(seen.in_flight)}"
        " requests under way end with their adapter, the others are refused"
    )


@clause("lora.further-requests")
def test_further_requests(adapters_refusals: RefusalsSeen) -> None:
    """DJL Serving lists, describes and changes adapters, too."""
    observed(", ".join(f"{what}: {_status(call)}" for what, call in adapters_refusals.extras.items()))


def _status(call: Exchange) -> str:
    return str(call.status or call.summary)
