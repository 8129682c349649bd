"""Causes around bidirectional streams: why no WebSocket comes about, and why a session that stands goes silent.

What scenarios of that profile saw is read field by field, because the harness imports no suite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import find_line
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.diagnosis.traces import exception
from seatrial.conformance.wire.hearing import WebSocketSeen

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["RULES"]

UPGRADE, TEXT, BINARY = "bidi.upgrade", "bidi.text", "bidi.binary"
BUSY_PONG, PING = "bidi.pong-while-inferring", "bidi.ping-during-sessions"
LABELS = "image.labels-are-true"
NO_LIBRARY = re.compile(r"No supported WebSocket library|Unsupported upgrade request", re.IGNORECASE)
MISSING_KEY = re.compile(r"KeyError: ['\"](?P<kind>text|bytes)['\"]")


@dataclass(frozen=True)
class _Upgrade:
    """What is read of the observation `bidi-upgrade`."""

    session: WebSocketSeen
    elsewhere: str = ""


@dataclass(frozen=True)
class _Ping:
    seconds: float | None


@dataclass(frozen=True)
class _Pings:
    """What is read of the observations `bidi-pings` and `bidi-busy-pings`."""

    pings: tuple[_Ping, ...]

    @property
    def answered(self) -> str:
        """How many were, in words."""
        return f"{sum(one.seconds is not None for one in self.pings)} of {len(self.pings)}"


def library_missing(case: Case) -> Cause | None:
    """The server says itself that it cannot speak WebSocket."""
    line = find_line(NO_LIBRARY, case.log)
    if UPGRADE not in case.broken or not line:
        return None
    return Cause(
        "websocket-library-missing",
        "the server has no library for WebSockets, so it takes each handshake for a plain request",
        f"the handshake: {case.broken[UPGRADE].observed}; its log: {line}",
        "install one into the image: pip install websockets, or wsproto, or 'uvicorn[standard]'",
        (UPGRADE, LABELS),
    )


def served_elsewhere(case: Case) -> Cause | None:
    """There is a WebSocket, at another path."""
    seen = case.record.find("bidi-upgrade", _Upgrade)
    if seen is None or not seen.elsewhere or UPGRADE not in case.broken:
        return None
    return Cause(
        "stream-at-another-path",
        f"the server speaks WebSocket at {seen.elsewhere}, and not where the platform asks",
        f"the handshake at {seen.session.handshake.request.target}: {seen.session.handshake.summary};"
        f" at {seen.elsewhere}: 101",
        "serve the same handler at /invocations-bidirectional-stream as well",
        (UPGRADE, LABELS),
    )


def one_kind_read(case: Case) -> Cause | None:
    """The handler reads the text of a message that has bytes, or the other way round."""
    thrown = exception(case.log)
    found = MISSING_KEY.search(thrown.words) if thrown else None
    lost = case.broken_among(TEXT, BINARY)
    if found is None or thrown is None or not lost:
        return None
    read = found["kind"]
    other, method = ("binary", "receive_text()") if read == "text" else ("text", "receive_bytes()")
    where = f" at {thrown.where}" if thrown.where else ""
    return Cause(
        "reads-one-kind-of-message",
        f"the handler reads the {read} of every message ({method}), and {other} messages have none",
        f"{case.broken[lost[0]].observed}; the last exception in the log: {thrown.words}{where}",
        "take receive(), and of its message whichever of `text` and `bytes` is there",
        lost,
    )


def loop_blocked(case: Case) -> Cause | None:
    """Pings are answered in an idle session, and not while an answer is made."""
    idle = case.record.find("bidi-pings", _Pings)
    busy = case.record.find("bidi-busy-pings", _Pings)
    if idle is None or busy is None or BUSY_PONG not in case.broken:
        return None
    return Cause(
        "answer-blocks-the-loop",
        "answers are made on the event loop, which answers no ping meanwhile",
        f"pongs in an idle session: {idle.answered}; while an answer is made: {busy.answered}",
        "run the model in a thread or a process of its own: await asyncio.to_thread(model, message)",
        (BUSY_PONG, PING),
    )


RULES = (library_missing, served_elsewhere, one_kind_read, loop_blocked)
