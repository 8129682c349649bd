"""Drives large bodies: a valid request made 6 MiB and 25 MB long, and the largest answer that comes back.

JSON is padded with white space and a table with blank lines. Where a little of that is seen to change nothing, more of
it can only matter for its size. A table whose reader minds blank lines gets more rows, anything else trailing bytes:
what the model makes of those is its own matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from seatrial.conformance.api import Drive, Exchange, Sample, scenario
from seatrial.suites.realtime.scenarios.invoke import Plain, is_json, plain, preferring_json, send_form

__all__ = ["LargeBodiesSeen"]

SIX_MIB, MB_25 = 6_291_456, 25_000_000
LITTLE = 4_096
BLANK = {"white space": b" ", "blank lines": b"\n"}
"""Padding that means nothing to whoever reads JSON or a table."""
TABLES = frozenset({"text/csv", "text/libsvm", "application/jsonlines", "application/x-ndjson"})


@dataclass(frozen=True)
class LargeBodiesSeen:
    """How a padded request was answered.

    Attributes:
        plain: without padding.
        padding: `white space`, `blank lines`, `rows` or `bytes`.
        little: with 4 KiB of padding: whether the model takes that kind of padding at all.
        six_mib: 6,291,456 bytes long.
        mb_25: 25,000,000 bytes long; None where 6 MiB were not even answered.
    """

    plain: Plain
    padding: str
    little: Exchange
    six_mib: Exchange
    mb_25: Exchange | None

    @property
    def changes_nothing(self) -> bool:
        """Whether padding was shown to make no difference, so that only the size can."""
        return self.padding in BLANK and self.little.ok and (self.gives_back or not self.plain.difference(self.little))

    @property
    def gives_back(self) -> bool:
        """Whether the model answered the little one with the request itself."""
        answer = self.little.answer
        return self.little.ok and answer is not None and answer.body.sha256 == self.little.request.body.sha256


@scenario("large-bodies", sees=LargeBodiesSeen, takes=1.0)
def large_bodies(drive: Drive) -> LargeBodiesSeen:
    """Send a valid request at three sizes, JSON where the model takes it."""
    sample = preferring_json(drive)
    usual = plain(drive, sample)
    for padding in _paddings(sample):
        little = send_form(drive, usual, _padded(sample, padding, len(sample.body) + LITTLE).request())
        seen = LargeBodiesSeen(usual, padding, little, little, None)
        if seen.changes_nothing:
            break
    six_mib = drive.invoke(_padded(sample, padding, SIX_MIB))
    mb_25 = drive.invoke(_padded(sample, padding, MB_25)) if six_mib.answer else None
    return replace(seen, six_mib=six_mib, mb_25=mb_25)


def _paddings(sample: Sample) -> tuple[str, ...]:
    """What may be put behind a body of this type, the harmless first."""
    if is_json(sample.content_type):
        return ("white space",)
    is_table = sample.content_type.partition(";")[0].strip().lower() in TABLES
    return ("blank lines", "rows") if is_table else ("bytes",)


def _padded(sample: Sample, padding: str, size: int) -> Sample:
    """The sample with a body of `size` bytes, or a row less; unchanged where it is longer already."""
    body = sample.body
    if padding == "rows":
        body = body.rstrip(b"\r\n") + b"\n"
        row = body.splitlines(keepends=True)[-1]
        return replace(sample, body=body + row * ((size - len(body)) // len(row)))
    return replace(sample, body=body.ljust(size, BLANK.get(padding, b"\0")))
