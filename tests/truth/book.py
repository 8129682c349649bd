"""The log as the Python twin keeps it: the same columns and the same bytes as `truth.c` writes."""

from __future__ import annotations

from array import array
from itertools import chain

from truth.layout import CONNECTION_COLUMNS, HEAD, MAGIC, REQUEST_COLUMNS

__all__ = ["Book"]


class Book:
    """Rows of requests and connections, each a list of int64, and the tokens.

    Attributes:
        requests: one list a request, in the order of `REQUEST_COLUMNS`.
        connections: one list a connection, in the order of `CONNECTION_COLUMNS`.
        tokens: pairs (request, time of the write), flat.
        stall: begin and end of the stall, ns.
    """

    def __init__(self) -> None:
        self.requests: list[list[int]] = []
        self.connections: list[list[int]] = []
        self.tokens = array("q")
        self.stall = (0, 0)

    def request(self, **values: int) -> list[int]:
        """Begin the row of a request."""
        row = [values.get(name, 0) for name in REQUEST_COLUMNS]
        self.requests.append(row)
        return row

    def connection(self, opened: int) -> int:
        """Begin the row of a connection and return its number, from 1."""
        self.connections.append([opened, 0, 0])
        return len(self.connections)

    def dump(self) -> bytes:
        """The whole log."""
        head = HEAD.pack(
            MAGIC, 1, len(self.requests), len(self.tokens) // 2, len(self.connections), self.stall[0], self.stall[1]
        )
        rows = zip(*self.requests, strict=True) if self.requests else [()] * len(REQUEST_COLUMNS)
        lines = zip(*self.connections, strict=True) if self.connections else [()] * len(CONNECTION_COLUMNS)
        tokens = (self.tokens[0::2], self.tokens[1::2])
        return head + b"".join(array("q", column).tobytes() for column in chain(rows, tokens, lines))
