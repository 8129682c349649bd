"""Requests to a server that is reached directly: all bytes are made before the run, so sending is a list lookup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.headers import USER_AGENT, Header, merge, render
from seatrial.loadgen.target.single import SingleStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatrial.loadgen.target.values import HttpTarget

__all__ = ["HttpTraffic", "check_media", "check_method"]

_METHOD = re.compile(r"[A-Z][A-Z-]*")
_BODILESS = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"}
"""Methods that say nothing of a length where there is no body (RFC 9110, 8.6)."""
_MEDIA = re.compile(r"[\x20-\x7e]*")


class HttpTraffic(SingleStep):
    """`Traffic` of one step: the payload says which of the ready requests is sent.

    Args:
        target: where they go.
        bodies: one a payload.
        media: `Content-Type` of each body; empty leaves the header out.
        method: of every request.
        headers: the user's, over ours.
        key: sent as a bearer token where neither the user's headers nor the URL bring credentials.
        keeps: whether answers are kept for a reader.

    Raises:
        UsageError: a method or media type that cannot be sent.
    """

    def __init__(
        self,
        target: HttpTarget,
        bodies: Sequence[bytes],
        media: Sequence[str],
        *,
        method: str = "POST",
        headers: Sequence[Header] = (),
        key: str | None = None,
        keeps: bool = False,
    ) -> None:
        self.authority = target.authority
        self.keeps = keeps
        line = f"{check_method(method)} {target.path} HTTP/1.1\r\n".encode("ascii")
        heads = {kind: line + _shared_head(target, kind, headers, key) for kind in set(media)}
        silent = method.upper() in _BODILESS
        self._requests = [
            heads[kind] + (b"" if silent and not body else b"Content-Length: %d\r\n" % len(body)) + b"\r\n" + body
            for body, kind in zip(bodies, media, strict=True)
        ]

    def first(self, row: int, payload: int) -> bytes:  # noqa: ARG002 - the protocol names the row
        """Return the whole request of a payload."""
        return self._requests[payload]


def check_method(method: str) -> str:
    """Return a method in upper case.

    Raises:
        UsageError: it is no word.
    """
    if not _METHOD.fullmatch(method.upper()):
        raise UsageError(f"--method {method!r} is no HTTP method, expected a word such as POST")
    return method.upper()


def check_media(media: str) -> str:
    """Return a media type that can stand in a header.

    Raises:
        UsageError: it holds a line end or a character outside ASCII.
    """
    if not _MEDIA.fullmatch(media):
        raise UsageError(f"the media type {media!r} of a payload cannot be sent, expected one such as application/json")
    return media


def _shared_head(target: HttpTarget, media: str, headers: Sequence[Header], key: str | None) -> bytes:
    authorization = target.authorization or (f"Bearer {key}" if key else "")
    ours = [
        ("Host", target.authority.header),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Content-Type", check_media(media)),
        ("Authorization", authorization),
    ]
    return render(merge([header for header in ours if header[1]], headers))
