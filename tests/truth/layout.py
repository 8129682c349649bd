"""The bytes of a log: a head of seven numbers, then whole columns, all int64 and little-endian.

The columns of the requests come first, then request and write time of each token, then those of the connections;
`truth.log` says what they mean. Here without numpy, so that the Python form starts quickly.
"""

from __future__ import annotations

import struct

__all__ = ["CONNECTION_COLUMNS", "HEAD", "MAGIC", "REQUEST_COLUMNS"]

MAGIC = int.from_bytes(b"TRUTHLOG", "little")
REQUEST_COLUMNS = ("id", "connection", "begun", "arrived", "first", "last", "status", "sent", "tokens", "received")
CONNECTION_COLUMNS = ("opened", "closed", "closed_by")
HEAD = struct.Struct("<7q")
"""Magic, version, number of requests, of tokens, of connections; begin and end of the stall."""
