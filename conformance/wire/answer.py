"""Reads one answer from the bytes of a peer that is not trusted. No I/O and no clock: bytes and times are handed in.

h11 does the parsing. Around it stand the bounds that a hostile peer needs: a capped header block, a capped body, and a
name for every way in which an answer can go wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from seatrial.conformance.wire.body import KEPT_BYTES, BodyTally
from seatrial.conformance.wire.exchange import Answer, Trouble

if TYPE_CHECKING:
    from seatrial.conformance.wire.redact import Redactor

__all__ = ["AnswerReader", "WireLimits"]

KEPT_INTERIM = 16
SHOWN = 80
RECEIVE = 64 * 1024
FRAMING_BYTES = 4096
"""Chunk lines and trailers may be about so long: chunked bodies are parsed in pieces of this size."""
BLANK_LINE = re.compile(rb"\n\r?\n")
BLANKS = re.compile(rb"[ \t]{512}")
"""No honest header has such a run, and on one of 64 KiB the parser's patterns spend half a minute (quadratic time)."""


@dataclass(frozen=True)
class WireLimits:
    """What the harness accepts from a peer.

    Attributes:
        head_bytes: status line and header block; more is TOO_LARGE.
        header_lines: header lines kept in the record; more set `headers_cut`.
        kept_bytes: body bytes kept in the record.
        body_bytes: decoded body bytes read; more is TOO_LARGE and the connection is dropped.
        connect: seconds that a TCP or TLS connect may take inside `Client.send`, whatever the exchange's own timeout.
        drain: seconds without progress after which a request is given up whose answer came before it was fully sent.
        close: seconds to wait for the end of a connection whose close the answer announced.
    """

    head_bytes: int = 64 * 1024
    header_lines: int = 200
    kept_bytes: int = KEPT_BYTES
    body_bytes: int = 64 * 2**20
    connect: float = 5.0
    drain: float = 0.5
    close: float = 0.25


class AnswerReader:
    """Reads one answer, fed piece by piece.

    Args:
        method: the method of the request, on which the framing of its answer depends.
        mask: masks secrets in what is kept.
        limits: the bounds.

    Attributes:
        begun: whether at least one byte came.
        finished: whether nothing more is to be read, for better or worse.
        trouble: what went wrong; None where nothing did.
        detail: the trouble in words, not yet masked.
        interim: the 1xx answers so far: status and the time handed in.
        keep_alive: whether the peer means to keep the connection open after this answer.
        leftover: bytes behind the end of the answer.
    """

    def __init__(self, method: str, mask: Redactor, limits: WireLimits) -> None:
        self._mask, self._limits = mask, limits
        self._parser = _parser("HEAD" if method == "HEAD" else "GET")
        self._head = bytearray()
        self._piece = RECEIVE
        self._start = b""
        self._response: h11.Response | None = None
        self._tally: BodyTally | None = None
        self._head_cut = False
        self.begun = self.finished = self.keep_alive = False
        self.trouble: Trouble | None = None
        self.detail = ""
        self.interim: list[tuple[int, float]] = []
        self.leftover = b""

    @property
    def has_head(self) -> bool:
        """Whether the final status line and its header block came."""
        return self._response is not None

    def feed(self, data: bytes, at: float) -> None:
        """Take bytes that came at the time `at`; those behind the end of the answer go to `leftover`."""
        if len(self._start) < SHOWN + self._mask.reach:
            self._start = (self._start + data)[: SHOWN + self._mask.reach]
        self.begun = self.begun or bool(data)
        while data and not self.finished:
            if self.has_head:
                piece, data = data[: self._piece], data[self._piece :]
                self._take(piece, at)
            else:
                data = self._feed_head(data, at)
        self.leftover += data

    def end(self, reset: str = "") -> None:
        """The peer closed; `reset` is the system's own words where it did so with an RST or another error."""
        if self.finished:
            return
        if not self.begun:
            self._fail(Trouble.RESET if reset else Trouble.NO_ANSWER, reset)
        elif reset:
            self._fail(Trouble.RESET, reset)
        elif not self.has_head:
            self._fail(Trouble.CLOSED_EARLY, "the peer closed inside the header block")
        else:
            self._take(b"", 0.0)

    def give_up(self, trouble: Trouble, detail: str = "") -> None:
        """Stop reading for a reason of the caller's."""
        if not self.finished:
            self._fail(trouble, detail)

    def answer(self) -> Answer | None:
        """What came back; None where no header block came. Call it once, when finished."""
        if self._response is None or self._tally is None:
            return None
        lines = [(_text(name), _text(value)) for name, value in self._response.headers.raw_items()]
        kept = lines[: self._limits.header_lines]
        return Answer(
            status=self._response.status_code,
            version=_text(self._response.http_version),
            headers=self._mask.mask_headers(kept),
            body=self._tally.body(),
            complete=self.trouble is None,
            chunked=any(name.lower() == "transfer-encoding" for name, _ in lines),
            headers_cut=len(kept) < len(lines) or self._head_cut,
        )

    def _feed_head(self, data: bytes, at: float) -> bytes:
        """Collect a header block; give it to the parser once it is whole. Returns what came behind it."""
        seen = max(0, len(self._head) - 3)
        self._head += data
        if not b"HTTP/1.".startswith(self._head[:7]):
            self._fail(Trouble.GARBAGE, self._began())
            return b""
        blank_line = BLANK_LINE.search(self._head, seen)
        end = blank_line.end() if blank_line else len(self._head)
        if end > self._limits.head_bytes:
            self._header_block_too_large()
            return b""
        if blank_line is None:
            return b""
        head, rest = bytes(self._head[:end]), bytes(self._head[end:])
        self._head.clear()
        if BLANKS.search(head):
            self._fail(Trouble.GARBAGE, f"the header block pads with blanks; {self._began()}")
        else:
            self._take(head, at)
        return rest

    def _take(self, data: bytes, at: float) -> None:
        self._parser.receive_data(data)
        while not self.finished:
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError as error:
                self._protocol_error(str(error), error.error_status_hint)
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._event(event, at)

    def _event(self, event: object, at: float) -> None:
        match event:
            case h11.InformationalResponse():
                if len(self.interim) < KEPT_INTERIM:
                    self.interim.append((event.status_code, at))
            case h11.Response():
                self._response, self._tally = event, BodyTally(self._mask, self._limits.kept_bytes)
                if any(name == b"transfer-encoding" for name, _ in event.headers):
                    self._piece = FRAMING_BYTES
            case h11.Data() if self._tally is not None:
                self._body(event.data, self._tally)
            case h11.EndOfMessage():
                self._complete()

    def _body(self, data: bytes, tally: BodyTally) -> None:
        room = self._limits.body_bytes - tally.length
        with memoryview(data) as view:
            tally.add(view[:room])
        if len(data) > room:
            self._fail(Trouble.TOO_LARGE, f"the body is larger than {self._limits.body_bytes:,} bytes")

    def _complete(self) -> None:
        self.finished = True
        self.leftover, ended = self._parser.trailing_data
        if self._response is not None and not ended:
            words = b",".join(value for name, value in self._response.headers if name == b"connection").lower()
            said = {word.strip() for word in words.split(b",")}
            self.keep_alive = b"close" not in said and (self._response.http_version > b"1.0" or b"keep-alive" in said)

    def _protocol_error(self, words: str, hint: int) -> None:
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:  # h11's own mark for "the buffer is full"
            self._fail(Trouble.TOO_LARGE, f"a line of the chunked framing is longer than {FRAMING_BYTES:,} bytes")
        elif self._parser.trailing_data[1]:
            self._fail(Trouble.CLOSED_EARLY, words)
        else:
            self._fail(Trouble.GARBAGE, f"{words}; {self._began()}")

    def _header_block_too_large(self) -> None:
        """Keep the status and the first lines: they say what kind of server answers so."""
        self._fail(Trouble.TOO_LARGE, f"the header block is larger than {self._limits.head_bytes:,} bytes")
        lines = bytes(self._head[: self._limits.head_bytes]).split(b"\n")[:-1][: self._limits.header_lines + 1]
        self._head.clear()
        whole = b"\n".join([*lines, b"", b""])
        if BLANKS.search(whole):
            return
        salvage = _parser("HEAD")
        salvage.receive_data(whole)
        try:
            event = salvage.next_event()
        except h11.RemoteProtocolError:
            return
        if isinstance(event, h11.Response):
            self._response, self._tally, self._head_cut = event, BodyTally(self._mask), True

    def _began(self) -> str:
        return f"the answer began {self._mask.mask_bytes(self._start)[:SHOWN]!r}"

    def _fail(self, trouble: Trouble, detail: str) -> None:
        self.finished, self.trouble, self.detail = True, trouble, detail


def _parser(method: str) -> h11.Connection:
    """A parser that believes a plain request was sent: what was really sent may be something it would refuse."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=FRAMING_BYTES)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "peer")]))
    parser.send(h11.EndOfMessage())
    return parser


def _text(raw: bytes) -> str:
    return bytes(raw).decode("latin-1")
