"""Causes found in the socket table: a server that listens where the platform never calls, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.autopsy import on_port
from seatrial.conformance.diagnosis.case import cut, shown
from seatrial.conformance.diagnosis.cause import Cause

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["LATE_RULES", "RULES"]

NOT_LOOPBACK = "port.not-loopback"


def loopback(case: Case) -> Cause | None:
    """The server listens on the right port, but only on the container's own loopback."""
    broken = tuple(dict.fromkeys((*case.broken_by_boot, *case.broken_among(NOT_LOOPBACK))))
    here = tuple(one for one in case.listeners if one.port == case.port)
    if not broken or not here or not all(one.loopback for one in here):
        return None
    pid = next((one.pid for one in here if one.pid is not None), None)
    return Cause(
        "loopback-bind",
        f"the server listens on {shown(here)} only, which nobody outside can reach",
        f"socket table{f' of pid {pid}' if pid else ''}: {shown(case.listeners)}",
        f"bind 0.0.0.0 (gunicorn: --bind 0.0.0.0:{here[0].port}; uvicorn: --host 0.0.0.0; Flask: host='0.0.0.0')",
        broken,
    )


def ipv6_only(case: Case) -> Cause | None:
    """The server listens on an IPv6 address only, and IPv4 is refused."""
    last = case.failed_boot.last if case.failed_boot else None
    here = tuple(one for one in case.listeners if one.port == case.port and not one.loopback)
    if last is None or last.answer is not None or not here or not all(":" in one.host for one in here):
        return None
    return Cause(
        "ipv6-only",
        f"the server listens on {shown(here)} without IPv4, and the platform calls over IPv4",
        f"socket table: {shown(case.listeners)}; over IPv4: {last.summary}",
        "bind 0.0.0.0 instead, or bind [::] with IPV6_V6ONLY switched off",
        case.broken_by_boot,
    )


def wrong_port(case: Case) -> Cause | None:
    """Nothing listens on 8080, but the server listens on another port."""
    port = case.port
    others = tuple(one for one in case.listeners if one.port != port)
    if not case.failed_boot or not port or not others or len(others) < len(case.listeners):
        return None
    answers = [(one.port, found) for one in others if (found := case.tried(on_port(one.port))) is not None]
    right = next(((number, found) for number, found in answers if found.status is not None), None)
    proof = f"socket table: {shown(case.listeners)}"
    if right:
        proof += f"; GET /ping on port {right[0]}: {right[1].summary}"
    return Cause(
        "wrong-port",
        f"the server listens on {shown(others)}, and nothing on port {port}, where the platform calls",
        proof,
        f"listen on 0.0.0.0:{port}; where SAGEMAKER_BIND_TO_PORT is set, on the port that it names",
        case.broken_by_boot,
        proven=right is not None,
    )


def no_listener(case: Case) -> Cause | None:
    """The process runs, but nothing listens at all when the start window ends."""
    boot = case.failed_boot
    seen = boot.autopsy.listeners if boot and boot.autopsy else None
    if boot is None or seen is None or seen or not boot.state.running:
        return None
    return Cause(
        "no-listener",
        f"it runs, but no server listens on any port after {boot.waited:.0f} s;"
        f" {case.first} is `{cut(case.first_words, 120) or 'unknown'}`",
        f"socket table: empty; {case.last_words}",
        "make the program that `serve` starts launch the server, in the foreground",
        case.broken_by_boot,
    )


RULES = (loopback, ipv6_only, wrong_port)
LATE_RULES = (no_listener,)
