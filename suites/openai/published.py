"""What OpenAI published of its interface: the types and the decoder of its own client, asked about recorded bytes.

Imported only where this profile is judged: the client is an extra, see `library`.
"""

from __future__ import annotations

from typing import Literal

from openai import BaseModel
from openai._streaming import SSEDecoder
from openai.types import Completion, CompletionChoice, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import ValidationError

__all__ = ["CHAT", "CHUNK", "COMPLETION", "COMPLETION_CHUNK", "MODELS", "events", "misfits"]


class _Models(BaseModel):
    """The list of models: the client reads it as a page, which asks for nothing."""

    object: Literal["list"]
    data: list[Model]


class _UnendedChoice(CompletionChoice):
    """A choice in the middle of a stream: OpenAI's own streams hold null there, which the published type has not."""

    finish_reason: Literal["stop", "length", "content_filter"] | None = None  # type: ignore[assignment]  # wider


class _CompletionChunk(Completion):
    choices: list[_UnendedChoice]  # type: ignore[assignment]  # wider


CHAT, CHUNK, COMPLETION, COMPLETION_CHUNK, MODELS = (
    ChatCompletion, ChatCompletionChunk, Completion, _CompletionChunk, _Models,
)  # fmt: skip


def misfits(kind: type[BaseModel], text: bytes | str) -> tuple[str, ...]:
    """What keeps a JSON text from being of a published type, nothing coerced: `choices.0.index: Field required`."""
    try:
        kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        return tuple(f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors())
    return ()


def events(body: str) -> tuple[str, ...]:
    """The data of each server-sent event of a body; one without data is none (WHATWG)."""
    return tuple(event.data for event in SSEDecoder().iter_bytes(iter([body.encode()])) if event.data)
