"""The spellings in which one value may turn up: base64, hexadecimal, percent-encoded, escaped. For `redact` only."""

from __future__ import annotations

import base64
import html
import re

__all__ = ["encoded_forms", "escaped_form"]

SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", '"': '"', "'": "'", "/": "/"}


def encoded_forms(value: str) -> set[str]:
    """Base64 (both alphabets, at every offset inside a longer text) and hexadecimal."""
    raw = value.encode(errors="replace")
    forms = {raw.hex(), raw.hex().upper()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        whole = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms


def escaped_form(value: str) -> str:
    """A pattern for the value with any of its characters percent-encoded, or escaped as JSON, Python or HTML do."""
    return "".join(f"(?:{'|'.join(_spellings(char))})" for char in value)


def _spellings(char: str) -> list[str]:
    utf8 = char.encode(errors="replace")
    utf16 = char.encode("utf-16-be", errors="replace")
    units = [utf16[i : i + 2].hex() for i in range(0, len(utf16), 2)]
    found = {
        re.escape(char),
        re.escape(utf8.decode("latin-1")),
        "(?i:" + "".join(f"%(?:25)?{byte:02x}" for byte in utf8) + ")",
        "(?i:" + "".join(rf"\\{{1,4}}x{byte:02x}" for byte in utf8) + ")",
        "(?i:" + "".join(rf"\\{{1,4}}u{unit}" for unit in units) + ")",
        rf"(?i:\\{{1,4}}x{ord(char):02x}|\\{{1,4}}U{ord(char):08x}|&#0*{ord(char)};|&#x0*{ord(char):x};)",
    }
    if char in SHORT_ESCAPES:
        found.add(rf"\\{{1,4}}{re.escape(SHORT_ESCAPES[char])}")
    if char == "\\":
        found.add(r"\\{2,8}")
    if char == " ":
        found.add(r"\+")
    if (entity := html.escape(char)) != char:
        found.add(re.escape(entity))
    return sorted(found, key=len, reverse=True)
