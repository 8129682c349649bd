"""Judges how bodies are read, however they are framed and whatever their size, and how large answers are sent."""

from seatrial.conformance.api import Exchange, Limits, Trouble, Untested, broken, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.bodies import BodiesSeen
from seatrial.suites.realtime.scenarios.bodies_large import LargeBodiesSeen
from seatrial.suites.realtime.scenarios.invoke import Form, Plain

SAMPLE = "--trial-sample FILE"


@clause("invocations.body-unchanged")
def test_body_unchanged(bodies: BodiesSeen) -> None:
    """The model gets the bytes that were sent."""
    if bodies.echoed is None:
        _alike(bodies.plain, Form("cut in two pieces", bodies.cut), Reason.BODY_CHANGED)
        observed("this model does not give back what it gets: one valid request was answered alike, whole and cut")
    exchange = bodies.echoed.exchange
    sent, got = exchange.request.body, exchange.answer.body if exchange.answer else None
    shown = f"{exchange.summary}, {got.length:,} bytes" if got else exchange.summary
    expect(exchange.ok and got is not None and got.sha256 == sent.sha256, shown, proof=exchange).to_be_true(
        reason=Reason.BODY_CHANGED, expected=f"the same {sent.length:,} bytes back, as a line of ASCII came back"
    )


@clause("invocations.chunked")
def test_chunked(bodies: BodiesSeen) -> None:
    """A chunked request is read like one with a length."""
    for form in bodies.chunked:
        _alike(bodies.plain, form, Reason.CHUNKED_REFUSED)


@clause("invocations.split-body")
def test_split_body(bodies: BodiesSeen) -> None:
    """A request in pieces is read like one in one piece, also after `Expect: 100-continue`."""
    for form in bodies.pieces:
        _alike(bodies.plain, form, Reason.SPLIT_BODY_REFUSED)
    _alike(bodies.plain, Form("Expect: 100-continue", bodies.expect), Reason.EXPECT_REFUSED)


def _alike(plain: Plain, form: Form, reason: Reason) -> None:
    difference = plain.difference(form.exchange)
    expect(not difference, f"{form.name}: {difference}", proof=(plain.exchange, form.exchange)).to_be_true(
        reason=reason, expected="the answer to the same request sent plainly"
    )


@clause("invocations.body-6-mib")
def test_body_6_mib(large_bodies: LargeBodiesSeen, limit: Limits) -> None:
    """6 MiB are taken."""
    _taken(large_bodies, large_bodies.six_mib, limit)


@clause("invocations.body-25-mb")
def test_body_25_mb(large_bodies: LargeBodiesSeen, limit: Limits) -> None:
    """25 MB are taken."""
    if large_bodies.mb_25 is None:
        untested(Untested.PREREQUISITE, "a body of 6 MiB was not answered")
    _taken(large_bodies, large_bodies.mb_25, limit)


def _taken(seen: LargeBodiesSeen, exchange: Exchange, limit: Limits) -> None:
    """The body was read to its end. What the model makes of more rows or of other bytes is its own matter."""
    size = f"{limit.body_bytes:,.0f} bytes"
    expect(exchange.status != 413, exchange.summary, proof=exchange).to_be_true(
        reason=Reason.BODY_REFUSED_FOR_SIZE, expected=f"a body of {size} is taken"
    )
    if exchange.trouble is Trouble.TIMEOUT or exchange.done > limit.answer_s:
        if not seen.changes_nothing:
            untested(Untested.MISSING_INPUT, f"the model works too long on {size} of {seen.padding}", SAMPLE)
        broken(
            Reason.BODY_LATE,
            expected=f"an answer within {limit.answer_s:g} s",
            observed=exchange.summary,
            proof=exchange,
        )
    if exchange.answer is None:
        broken(
            Reason.BODY_DROPPED, expected=f"an answer to a body of {size}", observed=exchange.summary, proof=exchange
        )  # fmt: skip
    if seen.changes_nothing:
        expect(exchange.answer.ok, exchange.summary, proof=(seen.little, exchange)).to_be_true(
            reason=Reason.BODY_REFUSED_FOR_SIZE,
            expected=f"2xx, as with 4 KiB of {seen.padding} behind the same request",
        )
    elif not exchange.answer.ok:
        observed(f"answered {exchange.answer.status}: no refusal for its size, but the model's word on {seen.padding}")


@clause("invocations.large-answer")
def test_large_answer(large_bodies: LargeBodiesSeen, limit: Limits) -> None:
    """A large answer arrives complete, where the model can be made to give one."""
    largest = 0
    for exchange in (large_bodies.six_mib, large_bodies.mb_25):
        if exchange is None or exchange.answer is None or not exchange.answer.ok:
            continue
        body = exchange.answer.body
        largest = max(largest, body.length)
        whole = exchange.trouble is None
        if large_bodies.gives_back:
            whole = whole and body.sha256 == exchange.request.body.sha256
        expect(whole, f"{exchange.summary}, {body.length:,} bytes", proof=exchange).to_be_true(
            reason=Reason.ANSWER_CUT, expected="the whole answer"
        )
    if largest < limit.answer_bytes:
        untested(
            Untested.MISSING_INPUT, f"the largest answer seen has {largest:,} bytes, a sample must give 6 MiB", SAMPLE
        )  # fmt: skip
    observed(f"an answer of {largest:,} bytes arrived complete")
