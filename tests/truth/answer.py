"""The answers of the Python twin: each is some writes at times that were told, as in `answer.h`."""

from __future__ import annotations

import time
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from truth.layout import REQUEST_COLUMNS

if TYPE_CHECKING:
    from truth.book import Book
    from truth.choice import Choice

__all__ = ["Answer", "Carrier", "Then"]

ARRIVED, FIRST, LAST, STATUS, SENT, TOKENS = (
    REQUEST_COLUMNS.index(name) for name in ("arrived", "first", "last", "status", "sent", "tokens")
)


class Then(Enum):
    """What comes after a write."""

    GO_ON = auto()
    OVER = auto()


class Carrier(Protocol):
    """What brings bytes to the client."""

    def put(self, data: bytes) -> None:
        """Give bytes to the kernel, or keep them until it takes them."""

    def reset_at_close(self) -> None:
        """Let the close be a reset."""


class Answer:
    """One answer under way.

    Attributes:
        due: when the next write is, ns.
        closing: whether the connection ends with the answer.
    """

    def __init__(
        self, choice: Choice, carrier: Carrier, book: Book, number: int, *, stream: bool, closing: bool
    ) -> None:
        self.choice, self.carrier, self.book, self.number, self.stream = choice, carrier, book, number, stream
        self.closing = closing or bool(choice.close)
        self.row = book.requests[number]
        self.due = self.row[ARRIVED] + (0 if stream else choice.delay_ms)
        self.at = 0

    def step(self) -> Then:
        """Write what is due; `due` says when the next is."""
        if self.choice.odd:
            return self.odd()
        return self.next_event() if self.stream else self.next_part()

    def odd(self) -> Then:
        if self.choice.reset:
            self.carrier.reset_at_close()
        if self.choice.garbage:
            self.put(b"what is this?\r\n\r\n", 17)
        self.closing = True
        return Then.OVER

    def next_part(self) -> Then:
        choice = self.choice
        whole = 0 if choice.status in (204, 304) else choice.reply_bytes
        begin = whole // 2 if self.at else 0
        end = whole // 2 if not self.at and (choice.pause_ms or choice.truncate) else whole
        cut = bool(choice.truncate) and not self.at
        data = b"" if self.at else self.head("application/json", None if choice.chunked else whole)
        part = b"{}".ljust(whole)[begin:end]
        data += self.coded(part, last=end == whole and not choice.truncate) if choice.chunked else part
        self.put(data, len(part))
        self.closing |= cut
        if cut or end == whole:
            return Then.OVER
        self.at += 1
        self.due = self.row[ARRIVED] + choice.delay_ms + choice.pause_ms
        return Then.GO_ON

    def next_event(self) -> Then:
        choice, nth = self.choice, self.at
        self.at += 1
        cut = choice.tokens // 2 if choice.truncate else choice.tokens
        failing = bool(choice.error_at) and nth > choice.error_at
        over = failing or nth >= cut
        data, event = b"", b""
        if not nth:
            data = self.head("text/event-stream", None)
        elif failing:
            event = b'data: {"error": {"message": "told to fail", "code": 500}}\n\n'
        else:
            event = (
                f'data: {{"id":"truth-{self.number}","object":"chat.completion.chunk","model":"truth","choices":'
                f'[{{"index":0,"delta":{{"content":"t{nth} "}},"finish_reason":null}}]}}\n\n'
            ).encode()
            self.book.tokens.extend((self.number, time.monotonic_ns()))
            self.row[TOKENS] += 1
        whole = over and cut == choice.tokens
        if whole and not failing and not choice.no_done:
            event += b"data: [DONE]\n\n"
        self.put(data + self.coded(event, last=whole), len(event))
        if over:
            self.closing |= cut < choice.tokens
            return Then.OVER
        self.due = self.row[ARRIVED] + choice.ttft_ms + nth * choice.itl_ms
        return Then.GO_ON

    def put(self, data: bytes, body: int) -> None:
        self.row[LAST] = time.monotonic_ns()
        self.row[FIRST] = self.row[FIRST] or self.row[LAST]
        self.row[SENT] += body
        self.carrier.put(data)

    def head(self, media: str, length: int | None) -> bytes:
        status = self.row[STATUS] = self.choice.status
        words = [
            f"HTTP/1.1 {status} {'OK' if status == HTTPStatus.OK else 'As asked'}",
            f"Content-Type: {media}",
            *(["Location: /elsewhere"] if status // 100 == 3 else []),
            *(["Connection: close"] if self.closing else []),
            "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}",
        ]
        return "\r\n".join([*words, "", ""]).encode()

    @staticmethod
    def coded(part: bytes, *, last: bool) -> bytes:
        """One chunk; `last` adds the end of the body."""
        return (b"%x\r\n%b\r\n" % (len(part), part) if part else b"") + (b"0\r\n\r\n" if last else b"")
