"""Reads the chunk that OpenAI's streams mostly consist of, and no other: one choice with a text, no count, no error.

What has anything unusual about it is left to the general reader. Thousands of tokens a second come this way.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

__all__ = ["NOT_PLAIN", "plain_chunk"]

NOT_PLAIN: Final = "\0not plain"
"""Said of a chunk that the general reader must read; no server's text is this very object."""


class _Delta(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    content: str | None = None
    role: str | None = None


class _Choice(msgspec.Struct, gc=False):
    text: str | None = None
    delta: _Delta | None = None
    finish_reason: Literal["stop", "length"] | None = None


class _Chunk(msgspec.Struct, gc=False):
    object: Literal["chat.completion.chunk", "text_completion"]
    choices: tuple[_Choice]
    usage: None = None
    error: None = None
    details: None = None


_decode = msgspec.json.Decoder(_Chunk).decode


def plain_chunk(data: bytes) -> str | None:
    """Return the text of a chunk, None where it carries no token, `NOT_PLAIN` where it is another thing."""
    try:
        choice = _decode(data).choices[0]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return NOT_PLAIN
    text = choice.text if choice.delta is None else choice.delta.content
    return text or None
