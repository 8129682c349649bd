"""Masks secrets before anything is kept: headers, bodies, log lines, addresses, messages.

Two kinds are masked: the values that the user gave (wherever they occur, also as base64, percent-encoded or escaped),
and what looks like a secret by its name or its form. Masking twice changes nothing. It is no proof against a subject
that means to leak: one that reverses a secret before it prints it is not seen through.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from seatrial.conformance.wire.disguise import encoded_forms, escaped_form

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MASK", "Redactor", "keeps_no_secret"]

MASK = "***"
"""Shorter than every value that is masked inside text: a mask never holds a secret, and masking always ends."""

SHORT = 4
"""Values shorter than this are masked only where they are the whole value of a header or variable."""
ENCODED = 8
"""Values from this length on are masked in their encoded forms too."""
REACH = 8192
REMEMBERED = 256
"""Characters of the longest text whose masked form is kept for the next time."""

PLAIN_WORDS = frozenset(
    {"true", "false", "none", "null", "auto", "debug", "info", "warn", "warning", "error", "critical"}
    | {"/opt/ml/model", "application/json", "text/csv", "float32", "float16", "bfloat16"}
)
"""Values that keep no secret: masked like short ones, else `{"ok": true}` would become unreadable."""
SIZE = re.compile(r"[0-9]{1,6}")
"""A port, a limit, a length: for the same reason."""

SECRET_NAME = re.compile(
    r"authorization|cookie|token(?!s\b|-count)|secret|passw|api[-_]?key|access[-_]?key|credential|^aws_", re.IGNORECASE
)
PROTOCOL_VALUES = {
    "content-length": re.compile(r"\d{1,19}"),
    "transfer-encoding": re.compile(r"chunked|identity|gzip|deflate", re.IGNORECASE),
    "connection": re.compile(r"close|keep-alive|upgrade", re.IGNORECASE),
    "content-type": re.compile(r"(application|text)/(json|jsonlines|csv|plain|html|octet-stream)", re.IGNORECASE),
}
"""The protocol's own words: a value such as `application/json` is no leak where the protocol puts it."""

_OPAQUE = r"[\w.~+/=:-]"
_TOKEN = rf"(?!\d+\b)(?:(?=[A-Za-z_.~+/=:-]{{0,256}}\d){_OPAQUE}{{8,}}+|{_OPAQUE}{{20,}}+)"
"""A run that looks made by a machine: long, or with a digit in it. Prose after `bearer` or `token` is left alone."""
_STRONG = (
    r"(?:passw(?:or)?d|passphrase|secret(?!ar)|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature"
    r"|authorization|cookie|aws_)[\w.-]{0,64}"
)
_WEAK = r"token(?!s\b|iz|_?count|_?type)[\w.-]{0,64}"
_TO_COLON = r"(?:\\{0,4}[\"'])?[ \t]{0,8}[:=][ \t]{0,8}"
_TO_QUOTE = r"(?:(?!(?P=quote))(?:\\.|[^\r\n])){1,4096}"
_ALONE = r"(?!(?:null|none|true|false)\b)[^\s\"',;:{}\[\]]{1,4096}+(?=[ \t]{0,8}(?:[,;}\]\r]|$))"
_HEADER_LINE = r"^[<> \t]{0,4}(?:proxy-)?(?:authorization|(?:set-)?cookie|x-api-key)[ \t]{0,8}:[ \t]{0,8}"
_NOT_MASKED = r"(?!\*\*\*)"

PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # A whole header line, as servers and curl print it.
        rf"(?P<keep>{_HEADER_LINE}){_NOT_MASKED}\S.*",
        # "password": "…", also inside a string that is itself JSON, and password='…'.
        rf"(?P<keep>{_STRONG}{_TO_COLON}(?P<quote>\\{{0,4}}[\"'])){_NOT_MASKED}{_TO_QUOTE}",
        rf"(?P<keep>{_WEAK}{_TO_COLON}\\{{0,4}}[\"']){_TOKEN}(?=\\{{0,4}}[\"'])",
        # AWS_SECRET_ACCESS_KEY=…, ?token=…
        rf"(?P<keep>{_STRONG}=){_NOT_MASKED}[^\s\"'&;,<>]{{1,4096}}",
        rf"(?P<keep>{_WEAK}=){_TOKEN}",
        # "password": 1234 and password: hunter2, alone on its line or before a comma.
        rf"(?P<keep>{_STRONG}(?:\\{{0,4}}[\"'])?:[ \t]{{0,8}}){_NOT_MASKED}{_ALONE}",
        # Forms that give themselves away.
        rf"(?P<keep>\bbearer[ \t]{{1,8}}){_TOKEN}",
        r"(?P<keep>)(?<![A-Z0-9])(?-i:AKIA|ASIA)(?-i:[A-Z0-9]{16})(?![A-Z0-9])",
        r"(?P<keep>)\beyJ[\w-]{8,4096}\.[\w-]{4,4096}\.[\w-]{0,4096}",
        r"(?P<keep>)\b(?:hf_[A-Za-z0-9]{20,512}|gh[pousr]_[A-Za-z0-9]{20,512}|sk-[\w-]{20,512})",
        rf"(?P<keep>://){_NOT_MASKED}[^\s/@?#\"'<>]{{1,512}}(?=@)",
    )
)


def keeps_no_secret(value: str) -> bool:
    """Say whether a value is a usual word or a short number, of which no text is cleared."""
    return value.lower() in PLAIN_WORDS or SIZE.fullmatch(value) is not None


class Redactor:
    """Masks given secrets and what looks like one.

    Args:
        secrets: values that must never be shown, such as those of environment variables.

    Attributes:
        reach: how many characters the longest spelling of a secret may take: who cuts text before masking it keeps
            so many more.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        given = {value for secret in secrets for value in _values(secret)}
        self._exact = frozenset(value for value in given if len(value) < SHORT or keeps_no_secret(value))
        inside = given - self._exact
        long = {value for value in inside if len(value) >= ENCODED}
        literal = inside | {_mojibake(value) for value in inside}
        literal.update(form for value in long for form in encoded_forms(value))
        self._literal = _any_of(re.escape(form) for form in sorted(literal, key=len, reverse=True))
        self._long = tuple(sorted(long, key=len, reverse=True))
        # A trial sends and gets the same headers thousands of times.
        self._remembered = lru_cache(2048)(self._mask)
        self._remembered_value = lru_cache(2048)(self._value)
        self.reach = min(REACH, 8 * max((len(value.encode(errors="replace")) for value in inside), default=0))

    @cached_property
    def _escaped(self) -> re.Pattern[str] | None:
        """Made when it is first needed: it takes a millisecond a value."""
        return _any_of(escaped_form(value) for value in self._long)

    def mask_text(self, text: str) -> str:
        """The text with every secret in it masked; masking it again changes nothing."""
        return self._remembered(text) if len(text) <= REMEMBERED else self._mask(text)

    def _mask(self, text: str) -> str:
        while (masked := self._once(text)) != text:
            text = masked
        return masked

    def mask_bytes(self, data: bytes) -> bytes:
        """The same for bytes of any kind; bytes that are no secret stay as they are."""
        return self.mask_text(data.decode("latin-1")).encode("latin-1")

    def mask_headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Headers or variables, in order, with secret values masked: by their name, or by what they are."""
        return tuple((self.mask_text(name), self._value_of(name, value)) for name, value in headers)

    def mask_env(self, env: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Environment variables, masked like headers."""
        return self.mask_headers(env)

    def _value_of(self, name: str, value: str) -> str:
        short = len(name) + len(value) <= REMEMBERED
        return self._remembered_value(name, value) if short else self._value(name, value)

    def _value(self, name: str, value: str) -> str:
        protocol = PROTOCOL_VALUES.get(name.lower())
        if protocol is not None and protocol.fullmatch(value.strip()):
            return value
        if value and (SECRET_NAME.search(name) or value in self._exact):
            return MASK
        return self.mask_text(value)

    def _once(self, text: str) -> str:
        if any(sign in text for sign in "%\\+&"):
            text = _masked(self._escaped, text)
        text = _masked(self._literal, text)
        for pattern in PATTERNS:
            text = pattern.sub(_keep, text)
        return text


def _values(secret: str) -> set[str]:
    """A secret, without surrounding space, and the lines of one that has several: logs show them one by one."""
    lines = {line.strip() for line in secret.splitlines()}
    return {
        value for value in {secret, secret.strip(), *(line for line in lines if len(line) >= ENCODED)} if value.strip()
    }


def _mojibake(text: str) -> str:
    """UTF-8 bytes read as latin-1: how non-ASCII text looks in headers and in bytes."""
    return text.encode(errors="replace").decode("latin-1")


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    joined = "|".join(patterns)
    return re.compile(joined) if joined else None


def _masked(pattern: re.Pattern[str] | None, text: str) -> str:
    return pattern.sub(MASK, text) if pattern else text


def _keep(found: re.Match[str]) -> str:
    return f"{found['keep']}{MASK}"
