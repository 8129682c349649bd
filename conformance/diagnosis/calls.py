"""Causes of calls that come to nothing on a server that is ready: `/invocations` hangs, fails, or speaks no HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.diagnosis.ping import BROKEN_ANSWERS
from seatrial.conformance.diagnosis.traces import exception
from seatrial.conformance.wire.exchange import Trouble

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case
    from seatrial.conformance.wire.exchange import Exchange

__all__ = ["RULES"]

IN_TIME, ANSWERS = "invocations.within-60-seconds", "invocations.answers"


def _proof(case: Case, clause: str) -> Exchange | None:
    """The call that broke a clause."""
    verdict = case.broken.get(clause)
    return verdict.proof[-1] if verdict and verdict.proof else None


def _idle(case: Case) -> str:
    """What the ping said, to set the call off against."""
    return f"; GET /ping: {case.boot.last.summary}" if case.boot and case.boot.last else ""


def hangs(case: Case) -> Cause | None:
    """A call is taken and never answered, or never to its end."""
    call = _proof(case, IN_TIME)
    if call is None or call.trouble is not Trouble.TIMEOUT:
        return None
    began = call.first_byte is not None
    return Cause(
        "call-unfinished" if began else "call-hangs",
        "POST /invocations begins an answer and does not end it"
        if began
        else "POST /invocations takes the request and sends nothing back, while /ping says that all is well",
        f"POST /invocations: {call.summary}{_idle(case)}",
        "end the answer with its Content-Length or a last chunk"
        if began
        else "bound each prediction by a time-out of its own, and let /ping fail when the model no longer answers",
        (IN_TIME, ANSWERS),
    )


def fails(case: Case) -> Cause | None:
    """The handler of `/invocations` raises, and the log says what."""
    call, thrown = _proof(case, ANSWERS), exception(case.log)
    if call is None or thrown is None or (call.status or 0) < 500:
        return None
    where = f" at {thrown.where}" if thrown.where else ""
    return Cause(
        "call-fails",
        f"the handler of /invocations fails with {call.status}{where}: {cut(thrown.words)}",
        f"POST /invocations: {call.summary}; the last exception in the log: {cut(thrown.words)}",
        thrown.cure or "mend the exception, or answer 4xx where the request is to blame",
        (ANSWERS,),
        proven=False,
    )


def no_http(case: Case) -> Cause | None:
    """What comes back is no complete HTTP answer."""
    call = _proof(case, ANSWERS)
    words = BROKEN_ANSWERS.get(call.trouble) if call is not None and call.trouble is not None else None
    if call is None or words is None:
        return None
    return Cause(
        "call-answer-broken",
        f"something answers POST /invocations, but {words}",
        f"POST /invocations: {call.summary}{_idle(case)}",
        "answer with HTTP/1.1, a status line, and a body as long as Content-Length says",
        (ANSWERS, IN_TIME),
    )


RULES = (hangs, no_http, fails)
