"""A few words of an answer for the report: one line, short, without secrets."""

from __future__ import annotations

import re

__all__ = ["excerpt"]

LONGEST = 160
BEARER = re.compile(r"(bearer\s+)[\w.~+/=:-]{8,}", re.IGNORECASE)


def excerpt(text: bytes | str, secrets: tuple[str, ...] = (), longest: int = LONGEST) -> str:
    """Return the beginning of a text.

    Args:
        text: bytes are read as UTF-8, what is none becomes a replacement character.
        secrets: values that are masked wherever they stand.
        longest: characters.
    """
    # A secret that begins before the cut is masked whole.
    reach = longest + max(map(len, secrets), default=0)
    shown = text[: 8 * reach].decode(errors="replace") if isinstance(text, bytes) else text[: 8 * reach]
    for secret in secrets:
        shown = shown.replace(secret, "***") if secret else shown
    shown = BEARER.sub(r"\1***", shown)
    shown = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
