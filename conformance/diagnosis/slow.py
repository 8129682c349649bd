"""Causes in time: a start that takes too long, a `/ping` that does, and one that waits behind busy workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.boot import BootEnd
from seatrial.conformance.diagnosis.autopsy import AFTER_WINDOW, AS_PLATFORM, PATIENT
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.wire.exchange import Trouble

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["FIRST_RULES", "LATE_RULES"]

UNDER_LOAD = "ping.under-load"
RAISE = (
    "load faster (weights in the image, fewer workers), or raise --trial-startup-timeout together with"
    " ContainerStartupHealthCheckTimeoutInSeconds of the endpoint (at most 3600)"
)


def late(case: Case) -> Cause | None:
    """It became ready after the window had closed."""
    boot, after = case.failed_boot, case.tried(AFTER_WINDOW)
    if boot is None or after is None or not after.ok:
        return None
    window = case.facts.window
    at = after.started + after.done
    return Cause(
        "slow-start",
        f"it became ready after {at:.0f} s, and the start window is {window:g} s",
        f"first 200 of GET /ping after {at:.1f} s; at {boot.waited:.1f} s: "
        f"{boot.last.summary if boot.last else 'no ping'}",
        RAISE,
        case.broken_by_boot,
    )


def slow_ping(case: Case) -> Cause | None:
    """`/ping` answers later than the platform waits, or takes the connection and says nothing."""
    boot, first, patient = case.failed_boot, case.tried(AS_PLATFORM), case.tried(PATIENT)
    if boot is None or first is None or patient is None or any(run.trouble is None for run in boot.runs):
        return None
    if patient.ok:
        return Cause(
            "ping-slow",
            f"/ping takes {patient.done:.1f} s even when idle, and the platform gives up after 2 s",
            f"GET /ping: {first.summary}; with a patience of 10 s: {patient.summary}",
            "answer from a flag that the loader sets: no prediction, no remote call, no lock of the model in /ping",
            case.broken_by_boot,
        )
    began = patient.first_byte is not None
    what = "begins an answer and does not end it" if began else "takes the connection and says nothing"
    return Cause(
        "ping-hangs",
        f"the server {what} when GET /ping is sent",
        f"GET /ping: {first.summary}; with a patience of 10 s: {patient.summary}",
        "send the whole answer with its Content-Length at once"
        if began
        else "serve requests in a thread or process other than the one that loads the model",
        case.broken_by_boot,
    )


def slow_start(case: Case) -> Cause | None:
    """It was still starting when the window closed, and some time later."""
    boot, after = case.failed_boot, case.tried(AFTER_WINDOW)
    if boot is None or boot.end is not BootEnd.TIMEOUT or not boot.state.running:
        return None
    watched = f"; {after.started + after.done:.0f} s after the start: {after.summary}" if after else ""
    return Cause(
        "never-ready",
        f"it says that it is still loading when the start window of {case.facts.window:g} s closes"
        if boot.last and boot.last.status == 503
        else f"it was still starting when the start window of {case.facts.window:g} s closed",
        f"last ping in the window: {boot.last.summary if boot.last else 'none'}{watched}; {case.last_words}",
        RAISE,
        case.broken_by_boot,
        proven=bool(boot.last and boot.last.status == 503),
    )


def busy(case: Case) -> Cause | None:
    """`/ping` waits behind busy workers."""
    if UNDER_LOAD not in case.broken:
        return None
    verdict, boot = case.broken[UNDER_LOAD], case.boot
    late = [e for e in verdict.proof if e.trouble in {Trouble.TIMEOUT, Trouble.CONNECT_TIMEOUT}]
    if not late:
        return None
    idle = f"; idle it took {boot.last.done:.3f} s" if boot and boot.last else ""
    return Cause(
        "ping-shares-busy-workers",
        "/ping waits for the workers that predict: while they are busy, the platform takes the container for dead",
        f"GET /ping: {verdict.observed}{idle}",
        "give /ping a thread, a worker or an event loop of its own (gunicorn: --worker-class gthread --threads 8;"
        " FastAPI: predict in `def`, not `async def`)",
        (UNDER_LOAD,),
    )


FIRST_RULES = (late,)
LATE_RULES = (slow_ping, slow_start, busy)
