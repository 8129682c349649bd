"""The second line of defence against secrets: run over every text of a result before it is shown or written.

The command line and the examples arrive masked by those who made them. Here the secrets that the run was given are
taken out wherever they still stand, also percent-encoded or escaped, and so is what gives itself away by its form.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.loadgen.result import Result

__all__ = ["MASK", "scrub"]

MASK = "***"
SHORT = 4
"""Secrets shorter than this are no secrets, and masking them would make any text unreadable."""

NUMBERS = frozenset({"data", "cdf", "series"})
"""Fields that hold nothing but numbers, some of them as base64."""
NAMES = r"passw(?:or)?d|secret|api[_-]?key|access[_-]?key|credential|signature|authorization|cookie|token(?!s\b|ize)"
_SET = r"\\?[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\?[\"']?"
"""Between a name and its value: `: `, `=`, `": "`, also escaped."""
_HEADER = rf"(?P<keep>\b(?:proxy-)?(?:authorization|(?:set-)?cookie|x-api-key){_SET})"
_NAMED = rf"(?P<keep>\b[\w-]{{0,64}}(?:{NAMES})[\w-]{{0,64}}{_SET})"
_NEW = r"(?!\*\*\*)"
_OPAQUE = r"(?=[^\s\"'&,;<>{}]{0,512}\d|[^\s\"'&,;<>{}]{16})[^\s\"'&,;<>{}\\]{4,4096}"
"""A run that looks made by a machine: with a digit in it, or long. Prose after `token:` is left alone."""

PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # A whole header, as it stands in a command line or is echoed by a server.
        rf"{_HEADER}{_NEW}[^\s\"',}}][^\"'\r\n,}}]*",
        # "api_key": "…", ?X-Amz-Signature=…
        rf"{_NAMED}{_NEW}{_OPAQUE}",
        rf"(?P<keep>\bbearer[ \t]{{1,8}}){_NEW}[\w.~+/=:-]{{8,4096}}",
        rf"(?P<keep>(?:^|\s)-k[ \t=]){_NEW}\S+",
        # Forms that give themselves away: an access key id, a signed token, keys of well-known services.
        r"(?P<keep>)\b(?-i:AKIA|ASIA)(?-i:[A-Z0-9]{16})\b",
        r"(?P<keep>)\beyJ[\w-]{8,4096}\.[\w-]{4,4096}\.[\w-]{0,4096}",
        r"(?P<keep>)\b(?:hf_[A-Za-z0-9]{20,512}|gh[pousr]_[A-Za-z0-9]{20,512}|sk-[\w-]{20,512})",
        rf"(?P<keep>://){_NEW}[^\s/@?#\"'<>]{{1,512}}(?=@)",
    )
)


def scrub(result: Result, secrets: Iterable[str] = ()) -> Result:
    """Return the same result with secrets masked in every text.

    Args:
        result: the finished run.
        secrets: values that the run was given: the key of `-k`, credentials, tokens. Masking twice changes nothing.
    """
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    masked: Result = _value(result, forms)
    return masked


def _forms(secret: str) -> Iterable[str]:
    if len(secret) < SHORT or secret == MASK:
        return ()
    return secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]


def _value(value: Any, forms: list[str]) -> Any:
    if type(value) is str:
        return _text(value, forms)
    if isinstance(value, tuple):
        return tuple(_value(item, forms) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: _value(getattr(value, f.name), forms) for f in fields(value) if f.name not in NUMBERS}
        )
    return value


def _text(text: str, forms: list[str]) -> str:
    # A command line or an error body need not be UTF-8, a report has to be.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    for form in forms:
        text = text.replace(form, MASK)
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<keep>{MASK}", text)
    return text
