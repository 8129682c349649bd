"""Drives bodies over the wire in every legal way: in chunks, in pieces, after `100 Continue`, and as arbitrary bytes.

A foreign model cannot be asked what it received. Where probing shows that it gives back what it gets, random bytes are
sent; where not, one valid request is sent in several ways that must make no difference.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Pause, RawRequest, Trouble, scenario
from seatrial.suites.realtime.scenarios.invoke import Form, Plain, plain, send_form, send_forms

__all__ = ["BodiesSeen", "Echoed"]

BINARY = "application/octet-stream"
PROBE = b"Seatrial asks: do you give back what you get?"
RANDOM_BYTES = 65_536
PAUSE = 0.03
"""Seconds between two writes: long enough that each becomes a segment of its own."""


@dataclass(frozen=True)
class Echoed:
    """What a server that gives back plain text made of 64 KiB of all bytes, NUL and 0xFF among them."""

    content_type: str
    exchange: Exchange


@dataclass(frozen=True)
class BodiesSeen:
    """How one valid body was read in each way of sending it.

    Attributes:
        plain: sent in one piece, with its length.
        echoed: of a server that gives back what it gets; None for any other.
        cut: in two pieces, cut inside a character of several bytes where it has one, else in the middle.
        chunked: with `Transfer-Encoding: chunked`, in chunks of several sizes.
        pieces: head and body in several pieces.
        expect: after asking `Expect: 100-continue`.
    """

    plain: Plain
    echoed: Echoed | None
    cut: Exchange
    chunked: tuple[Form, ...]
    pieces: tuple[Form, ...]
    expect: Exchange


@scenario("bodies", sees=BodiesSeen, takes=0.5)
def bodies(drive: Drive) -> BodiesSeen:
    """Send one valid body in every way, and random bytes to an echo."""
    sample = drive.sample
    usual = plain(drive, sample)
    request, last = sample.request(), len(sample.body) - 1
    chunked = dataclasses.replace(request, framing="chunked")
    middle = (Pause(_inside_a_character(sample.body), PAUSE),)
    in_head = (Pause(3, PAUSE, "head"), Pause(40, PAUSE, "head"))
    in_body = tuple(Pause(at, PAUSE) for at in (1, last // 2, last))
    return BodiesSeen(
        plain=usual,
        echoed=_echoed(drive, usual),
        cut=send_form(drive, usual, dataclasses.replace(request, pauses=middle)),
        chunked=send_forms(
            drive,
            usual,
            (
                ("in one chunk", dataclasses.replace(chunked, chunks=(len(sample.body) or 1,))),
                ("in chunks of 1, 2 and 5 bytes, then more", dataclasses.replace(chunked, chunks=(1, 2, 5, 16 * 1024))),
            ),
        ),
        pieces=send_forms(
            drive,
            usual,
            (
                ("the body after a pause", dataclasses.replace(request, pauses=(Pause(0, 4 * PAUSE),))),
                ("the head in three pieces", dataclasses.replace(request, pauses=in_head)),
                ("the body in four pieces", dataclasses.replace(request, pauses=in_body)),
            ),
        ),
        expect=send_form(
            drive, usual, dataclasses.replace(request, expect_continue=True, expect_wait=drive.seconds(1.0))
        ),
    )


def _echoed(drive: Drive, usual: Plain) -> Echoed | None:
    """Random bytes, where a line of ASCII comes back as it was sent."""
    for content_type in dict.fromkeys((BINARY, "text/plain", usual.content_type)):
        probe = send_form(drive, usual, _post(content_type, PROBE))
        if _gives_back(probe):
            body = bytes(range(256)) + hashlib.shake_256(b"%d" % drive.seed).digest(RANDOM_BYTES - 256)
            return Echoed(content_type, send_form(drive, usual, _post(content_type, body)))
        if probe.trouble is Trouble.TIMEOUT:
            break
    return None


def _gives_back(exchange: Exchange) -> bool:
    answer = exchange.answer
    return exchange.ok and answer is not None and answer.body.sha256 == exchange.request.body.sha256


def _post(content_type: str, body: bytes) -> RawRequest:
    return RawRequest("POST", "/invocations", (("Content-Type", content_type), ("Accept", "*/*")), body)


def _inside_a_character(body: bytes) -> int:
    """The offset of the first UTF-8 continuation byte, else the middle."""
    return next((at for at, byte in enumerate(body) if byte & 0xC0 == 0x80), len(body) // 2)
