"""The headers of a request: ours, the user's over them, and nothing that could end a line early."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial import __version__
from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["API_KEY_VARIABLE", "USER_AGENT", "Header", "api_key", "merge", "parse_headers", "render"]

Header = tuple[str, str]
API_KEY_VARIABLE = "SEATRIAL_API_KEY"
USER_AGENT = f"seatrial-loadgen/{__version__}"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = {"content-length", "transfer-encoding"}


def parse_headers(lines: Iterable[str]) -> list[Header]:
    """Return names and values of `-H 'Name: value'` options.

    A name without a value (`-H 'Accept:'`) leaves that header out, as in curl.

    Raises:
        UsageError: no colon, a name that is no token (RFC 9110), a value that would end the line or cannot be sent,
            or a header that frames the body, which is ours to set.
    """
    return [_parse(line) for line in lines]


def api_key(option: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the key of `-k`, else of `SEATRIAL_API_KEY`; None where neither is set.

    Raises:
        UsageError: a key that cannot stand in a header.
    """
    key = option if option is not None else environment.get(API_KEY_VARIABLE)
    if not key:
        return None
    if not key.isascii() or not key.isprintable():
        where = "-k" if option is not None else API_KEY_VARIABLE
        raise UsageError(f"{where} holds a character that no header may hold, expected printable ASCII: mend the key")
    return key


def merge(ours: Sequence[Header], given: Sequence[Header]) -> list[Header]:
    """Return our headers with the user's over them: a name that was given replaces ours, without regard to case."""
    named = {name.lower() for name, _ in given}
    kept = [header for header in ours if header[0].lower() not in named]
    return kept + [header for header in given if header[1]]


def render(headers: Iterable[Header]) -> bytes:
    """Return header lines, each with its end."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")


def _parse(line: str) -> Header:
    name, colon, value = line.partition(":")
    shown = f"-H {name[:80]!r}"  # never the value: it may be a secret
    if not colon:
        raise UsageError(f"{shown} has no colon, expected -H 'Name: value'")
    if not _TOKEN.fullmatch(name):
        raise UsageError(f"{shown} is no header name, expected letters, digits and hyphens as in -H 'X-Trace: 1'")
    if name.lower() in _FRAMING:
        raise UsageError(f"{shown} frames the body and is set by the load generator: leave it out")
    value = value.strip(" \t")
    if _CONTROL.search(value):
        raise UsageError(f"{shown} has a line end or a control character in its value, which would break the request")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise UsageError(f"{shown} has a character outside Latin-1 in its value, which no header can carry") from None
    if name.lower() == "host" and not value:
        raise UsageError(f"{shown} has no value, but HTTP/1.1 asks for one: give a host or leave the option out")
    return name, value
