"""Text to tokens and back, as the files beside the weights say: tokenizer, chat template, end marks, usual sampling."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import orjson
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from seatrial.reference_server.errors import InvalidRequestError, ModelLoadError


@dataclass(frozen=True)
class Usual:
    """What the model's own files say where a request says nothing."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


class Vocabulary:
    """The words of one model directory.

    Args:
        folder: holds tokenizer.json, and may hold tokenizer_config.json and generation_config.json.

    Raises:
        ModelLoadError: the tokenizer is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "tokenizer.json"
        try:
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more specific
            raise ModelLoadError(f"{path} cannot be used as a tokenizer: {error}") from error
        config, generation = _settings(folder / "tokenizer_config.json"), _settings(folder / "generation_config.json")
        model = _settings(folder / "config.json")
        self._special = {name: _mark(config.get(name)) for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
        self._template = _template(folder, config)
        self.end_tokens = self._ends(generation.get("eos_token_id", model.get("eos_token_id")))
        self.usual = _usual(generation)
        self._longest = max(len(token) for token in self._tokenizer.get_vocab(with_added_tokens=True))

    def encode(self, text: str, room: int, *, special: bool = True) -> tuple[int, ...]:
        """Return the tokens of a text; `special` puts the model's own marks around it.

        Raises:
            InvalidRequestError: it cannot fit into `room` tokens. Seen from its length before any work.
        """
        if len(text) > room * self._longest:
            raise InvalidRequestError(
                f"the prompt has {len(text)} characters, which cannot fit into the {room} tokens of this model",
                code="context_length_exceeded",
            )
        return tuple(self._tokenizer.encode(text, add_special_tokens=special).ids)

    def chat(self, messages: Sequence[dict[str, Any]], room: int, *, add_prompt: bool = True) -> tuple[int, ...]:
        """Return the tokens of a chat, as the model's own template writes it.

        Raises:
            InvalidRequestError: the model has no template, or it refuses these messages.
        """
        if self._template is None:
            raise InvalidRequestError("this model has no chat template: send a prompt instead", code="no_chat_template")
        try:
            text = self._template.render(messages=messages, add_generation_prompt=add_prompt, **self._special)
        except (jinja2.TemplateError, TypeError) as error:
            raise InvalidRequestError(
                f"the chat template refuses these messages: {error}", code="bad_messages"
            ) from error
        return self.encode(text, room, special=False)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of some tokens, without marks."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    def token_text(self, token: int) -> str:
        """Return the text of one token, marks included."""
        text: str = self._tokenizer.decode([token], skip_special_tokens=False)
        return text

    @property
    def size(self) -> int:
        """How many tokens there are."""
        size: int = self._tokenizer.get_vocab_size(with_added_tokens=True)
        return size

    def _ends(self, stated: int | list[int] | None) -> frozenset[int]:
        if stated is None:
            found = self._tokenizer.token_to_id(self._special["eos_token"])
            stated = [] if found is None else [found]
        return frozenset([stated] if isinstance(stated, int) else stated)


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ModelLoadError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelLoadError(f"{path} holds no JSON object")
    return found


def _mark(stated: Any) -> str:
    """Return a special token, which is written as text or as an object with its content."""
    return str(stated.get("content", "")) if isinstance(stated, dict) else str(stated or "")


def _usual(generation: dict[str, Any]) -> Usual:
    greedy = generation.get("do_sample") is False
    temperature = 0.0 if greedy else float(generation.get("temperature") or 1.0)
    return Usual(temperature, float(generation.get("top_p") or 1.0), int(generation.get("top_k") or 0))


def _template(folder: Path, config: dict[str, Any]) -> jinja2.Template | None:
    beside = folder / "chat_template.jinja"
    text = beside.read_text() if beside.is_file() else config.get("chat_template")
    if not isinstance(text, str):
        return None
    rooms = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # a model's file is foreign code
    rooms.globals["raise_exception"] = _refuse
    try:
        return rooms.from_string(text)
    except jinja2.TemplateError as error:
        raise ModelLoadError(f"the chat template of {folder} cannot be used: {error}") from error


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)
