"""OpenAI's own client, against a peer that is not trusted: what it reads of an answer has a limit.

Imported only where this profile is driven: the client is an extra, see `library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LongAnswer", "client_of"]

LARGEST = 256 * 1024
"""Bytes on the wire; what they are decompressed to may be a thousand times more."""


class LongAnswer(httpx2.TransportError):
    """An answer had no end in sight."""


class _Bounded(httpx2.BaseTransport):
    """A transport that ends an answer which holds too much."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        stream = _BoundedStream(response.stream)
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    def close(self) -> None:
        self._inner.close()


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> None:
        assert isinstance(inner, httpx2.SyncByteStream)
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        left = LARGEST
        for piece in self._inner:
            left -= len(piece)
            if left < 0:
                raise LongAnswer(f"no end after {LARGEST:,} bytes")
            yield piece

    def close(self) -> None:
        self._inner.close()


def client_of(base_url: str, *, seconds: float, verify: bool) -> OpenAI:
    """A client that repeats nothing, asks no proxy, and takes only what is of the published types.

    Args:
        base_url: ends in `/v1`.
        seconds: without a byte after which a call is given up.
        verify: whether the certificate of a TLS peer is checked.
    """
    transport = _Bounded(httpx2.HTTPTransport(verify=verify))
    return OpenAI(
        base_url=base_url, api_key="seatrial-has-no-key", max_retries=0, timeout=seconds,
        http_client=httpx2.Client(transport=transport, trust_env=False), _strict_response_validation=True,
    )  # fmt: skip
