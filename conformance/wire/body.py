"""What is kept of a body while it streams past: length, digest, a capped head, and whether it is JSON.

A subject may send gigabytes, so nothing here holds a whole body in memory: what has to be kept until the end, to be
parsed as JSON, goes to a temporary file once it is larger than a megabyte.
"""

from __future__ import annotations

import codecs
import hashlib
import mmap
import tempfile
import threading
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.wire.exchange import Body

if TYPE_CHECKING:
    from seatrial.conformance.wire.redact import Redactor

__all__ = ["JSON_BYTES", "KEPT_BYTES", "BodyTally", "body_of"]

KEPT_BYTES = 4096
JSON_BYTES = 32 * 2**20
IN_MEMORY = 2**20

_ONE_AT_A_TIME = threading.Lock()  # a mapped file counts as this process's memory, so only one is
_SYNTAX = msgspec.json.Decoder(msgspec.Raw)  # checks the whole syntax and builds no objects


class BodyTally:
    """Counts a body as it streams past.

    Args:
        mask: masks secrets in the head that is kept.
        kept: bytes of that head.
    """

    def __init__(self, mask: Redactor, kept: int = KEPT_BYTES) -> None:
        self._mask, self._kept = mask, kept
        self._room = kept + mask.reach  # a secret across the cut is seen whole, so it is masked whole
        self._head = bytearray()
        self._digest = hashlib.sha256()
        self._json = _JsonCheck()
        self.length = 0

    def add(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        with memoryview(data) as view:
            self.length += len(view)
            self._digest.update(view)
            if len(self._head) < self._room:
                self._head += view[: self._room - len(self._head)]
            self._json.add(view)

    def body(self) -> Body:
        """What is kept. Call it once, at the end."""
        head = self._mask.mask_bytes(bytes(self._head))
        return Body(
            length=self.length,
            sha256=self._digest.hexdigest(),
            head=head[: self._kept],
            cut=self.length > len(self._head) or len(head) > self._kept,
            json=self._json.verdict(),
        )


def body_of(data: bytes | bytearray | memoryview, mask: Redactor) -> Body:
    """What is kept of a body that is at hand."""
    tally = BodyTally(mask)
    with memoryview(data) as view:
        if view:
            tally.add(view)
    return tally.body()


class _JsonCheck:
    """Whether a stream of bytes is one JSON text in UTF-8 (RFC 8259): NaN and a byte order mark are not."""

    def __init__(self) -> None:
        self._length = 0
        self._valid = True
        self._started = False
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._kept: tempfile.SpooledTemporaryFile[bytes] | None = None

    def add(self, view: memoryview) -> None:
        self._length += len(view)
        if self._length > JSON_BYTES:
            self._drop()
        elif self._valid:
            self._keep(view)

    def _keep(self, view: memoryview) -> None:
        data = bytes(view)
        if not self._started and (text := data.lstrip(b" \t\r\n")):
            self._started = True
            self._valid = text[0] in b'{["-0123456789tfn'
        try:
            self._utf8.decode(data)
        except UnicodeDecodeError:
            self._valid = False
        if not self._valid:
            self._drop()
            return
        if self._kept is None:
            self._kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by _drop
        self._kept.write(data)

    def verdict(self) -> bool | None:
        if not 0 < self._length <= JSON_BYTES:
            return None
        try:
            return self._valid and self._parses()
        finally:
            self._drop()

    def _parses(self) -> bool:
        if self._kept is None or self._utf8.getstate()[0]:
            return False
        try:
            if self._length <= IN_MEMORY:
                self._kept.seek(0)
                _SYNTAX.decode(self._kept.read())
            else:
                self._kept.flush()
                with _ONE_AT_A_TIME, mmap.mmap(self._kept.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                    _SYNTAX.decode(whole)
        except (msgspec.DecodeError, RecursionError):
            return False
        return True

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
