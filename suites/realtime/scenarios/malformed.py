"""Drives requests that no model can answer: broken JSON, wrong shapes, an empty body, bytes that mean nothing.

What counts as malformed depends on the model: one that takes anything at all is not wrong to do so. So each form is
recorded with what it was, and a meaningless one tells whether the model reads its body in the first place.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from seatrial.conformance.api import Drive, scenario
from seatrial.suites.realtime.scenarios.invoke import Form, is_json, plain, preferring_json, send_forms

__all__ = ["MalformedSeen"]

MEANINGLESS = b"\x00\xff\xfe seatrial: these bytes mean nothing \x80\x00"
SHAPES = (b'"seatrial"', b'{"seatrial": ["no", {"such": "field"}]}', b"[[]]")
LONGEST = 512


@dataclass(frozen=True)
class MalformedSeen:
    """How malformed requests were answered.

    Attributes:
        json: whether they were sent as JSON.
        forms: each of them, called `meaningless`, `empty`, `broken` or `shape`; the last is the first that was not
            answered in time.
    """

    json: bool
    forms: tuple[Form, ...]

    @property
    def reads_body(self) -> bool:
        """Whether the model was seen to refuse bytes that mean nothing: one that takes them does not read its body."""
        return any(form.name == "meaningless" and not form.exchange.ok for form in self.forms)


@scenario("malformed", sees=MalformedSeen, takes=0.1)
def malformed(drive: Drive) -> MalformedSeen:
    """Send each malformed request."""
    sample = preferring_json(drive)
    usual = plain(drive, sample)
    as_json = is_json(sample.content_type)
    bodies = [("meaningless", MEANINGLESS), ("empty", b"")]
    if as_json:
        bodies += [("broken", _broken(sample.body)), ("broken", b"{'single': 'quotes',}")]
        bodies += [("shape", shape) for shape in SHAPES]
    requests = ((kind, dataclasses.replace(sample.request(), body=body)) for kind, body in bodies)
    return MalformedSeen(as_json, send_forms(drive, usual, requests))


def _broken(body: bytes) -> bytes:
    """The first half of a JSON body, at most 512 bytes of it, cut further until it is no JSON."""
    half = body[: min(max(len(body) // 2, 1), LONGEST)]
    while half and _parses(half):
        half = half[:-1]
    return half or b"{"


def _parses(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
