"""A command line that repeats an exchange with curl, ready to be pasted into a shell.

It repeats the request, not the way it was cut into writes: pauses and breaks in the middle are for `seatrial replay`.
Masked values stay masked, so a request that needs a secret has to be completed by hand.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Address
    from seatrial.conformance.wire.exchange import Exchange, Request

__all__ = ["SAMPLE", "curl_line"]

SAMPLE = "sample.bin"
INLINE_BYTES = 1024
CURL_EXPECTS_FROM = 2**20
"""curl adds `Expect: 100-continue` to bodies of this size (RFC 9110 lets it)."""

ADDED_BY_CURL = ("Host", "User-Agent", "Accept")
SAFE_IN_URL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/?&=%:@!$'()*+,;")


def curl_line(exchange: Exchange, address: Address, *, sample: str = SAMPLE) -> str:
    """The command.

    Args:
        exchange: what to repeat.
        address: where the subject is dialled; its path is already part of the recorded target.
        sample: the file that stands for a body which is too long or not printable; a comment then says what it holds.
    """
    request = exchange.request
    words = ["curl", "-sv", "--path-as-is"]
    if request.version == "1.0":
        words.append("--http1.0")
    words += _method(request)
    for header in _headers(request):
        words += ["-H", header]
    body, comment = _body(request, sample)
    words += [*body, *_url(request, address)]
    return shlex.join(words) + comment


def _method(request: Request) -> list[str]:
    if request.method == "HEAD":
        return ["-I"]
    return [] if request.method == "GET" and not request.body.length else ["-X", request.method]


def _headers(request: Request) -> list[str]:
    named = {name.lower() for name, _ in request.headers}
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers if _kept(request, name)]
    lines += [f"{name}:" for name in ADDED_BY_CURL if name.lower() not in named]
    if request.body.length and "content-type" not in named:
        lines.append("Content-Type:")
    if request.body.length >= CURL_EXPECTS_FROM and "expect" not in named:
        lines.append("Expect:")
    return lines


def _kept(request: Request, name: str) -> bool:
    """Curl writes the length itself; one that lies has to be given."""
    return name.lower() != "content-length" or request.header(name) != str(request.body.length)


def _body(request: Request, sample: str) -> tuple[list[str], str]:
    body = request.body
    if not body.length:
        return (["--data-binary", ""] if request.header("Content-Length") == "0" else []), ""
    text = body.text
    plain = text.encode() == body.head and all(char.isprintable() or char in "\n\t" for char in text)
    if plain and not body.cut and body.length <= INLINE_BYTES and not text.startswith("@"):
        return ["--data-binary", text], ""
    return ["--data-binary", f"@{sample}"], f"  # {sample}: {body.length:,} bytes, sha256 {body.sha256}"


def _url(request: Request, address: Address) -> list[str]:
    scheme = "https" if address.tls else "http"
    host = f"[{address.host}]" if ":" in address.host else address.host
    base = f"{scheme}://{host}:{address.port}"
    if request.target.startswith("/") and SAFE_IN_URL.issuperset(request.target):
        return ["-g", f"{base}{request.target}"]
    return ["--request-target", request.target, f"{base}/"]
