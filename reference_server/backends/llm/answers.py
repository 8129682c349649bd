"""The shapes of answers: OpenAI's completions and chats, whole and in chunks, and the LMI containers' own.

Pure functions of what was ordered and what was made; what a stream sends is the same data in smaller portions.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.reference_server.backends.llm.engine import STOP, TokenDelta
from seatrial.reference_server.backends.llm.orders import Language, Order
from seatrial.reference_server.backends.llm.text import Piece
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary

OBJECTS = {
    (Language.COMPLETION, False): "text_completion",
    (Language.COMPLETION, True): "text_completion",
    (Language.CHAT, False): "chat.completion",
    (Language.CHAT, True): "chat.completion.chunk",
}
PREFIX = {Language.COMPLETION: "cmpl", Language.CHAT: "chatcmpl"}


@dataclass
class Choice:
    """One answer so far."""

    text: str = ""
    tokens: list[TokenDelta] = field(default_factory=list)
    finish: str = ""
    stopped: bool = False

    def add(self, piece: Piece) -> None:
        """Add a piece."""
        self.text += piece.text
        self.tokens += piece.tokens
        self.finish = piece.finish
        self.stopped = piece.stopped


class Envelope:
    """Writes the answers of one order in OpenAI's shapes."""

    def __init__(self, order: Order, vocabulary: Vocabulary) -> None:
        self._order = order
        self._vocabulary = vocabulary
        self._id = f"{PREFIX[order.language]}-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def whole(self, choices: Sequence[Choice]) -> dict[str, Any]:
        """Return the whole answer."""
        written = [self._choice(index, choice) for index, choice in enumerate(choices)]
        made = sum(len(choice.tokens) for choice in choices)
        return self._frame(written, stream=False) | {"usage": usage(self._order, made)}

    def opening(self, index: int) -> dict[str, Any]:
        """Return the first chunk of a chat's answer: who speaks."""
        return self._chunk({"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})

    def chunk(self, piece: Piece, offset: int) -> dict[str, Any]:
        """Return the chunk of a piece that begins `offset` characters into its answer."""
        choice: dict[str, Any] = {"index": piece.index, "logprobs": self._logprobs(piece.tokens, piece.finish, offset)}
        if self._order.language is Language.CHAT:
            choice["delta"] = {"content": piece.text} if piece.text else {}
        else:
            choice["text"] = piece.text
        return self._chunk(choice | {"finish_reason": piece.finish or None})

    def closing(self, made: int) -> dict[str, Any]:
        """Return the chunk that tells the sums of tokens."""
        return self._frame([], stream=True) | {"usage": usage(self._order, made)}

    def _chunk(self, choice: dict[str, Any]) -> dict[str, Any]:
        frame = self._frame([choice], stream=True)
        return frame | {"usage": None} if self._order.usage else frame

    def _frame(self, choices: list[dict[str, Any]], *, stream: bool) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": OBJECTS[self._order.language, stream],
            "created": self._created,
            "model": self._order.model,
            "choices": choices,
        }

    def _choice(self, index: int, choice: Choice) -> dict[str, Any]:
        before = prompt_text(self._order, index)
        written: dict[str, Any] = {
            "index": index,
            "logprobs": self._logprobs(choice.tokens, choice.finish, len(before)),
            "finish_reason": choice.finish,
        }
        if self._order.language is Language.CHAT:
            return written | {"message": {"role": "assistant", "content": choice.text, "refusal": None}}
        return written | {"text": before + choice.text}

    def _logprobs(self, tokens: Sequence[TokenDelta], finish: str, offset: int) -> dict[str, Any] | None:
        if self._order.sampling.logprobs is None:
            return None
        told = [delta for delta in tokens if not (finish == STOP and delta.finish == STOP)]  # the end mark is no text
        if self._order.language is Language.CHAT:
            return {"content": [self._alternatives(delta) for delta in told], "refusal": None}
        return self._plain_logprobs(told, offset)

    def _alternatives(self, delta: TokenDelta) -> dict[str, Any]:
        top = [self._token(token, logprob) for token, logprob in delta.top]
        return self._token(delta.token, delta.logprob) | {"top_logprobs": top}

    def _token(self, token: int | None, logprob: float | None) -> dict[str, Any]:
        text = "" if token is None else self._vocabulary.token_text(token)
        return {"token": text, "logprob": logprob, "bytes": list(text.encode())}

    def _plain_logprobs(self, told: Sequence[TokenDelta], offset: int) -> dict[str, Any]:
        texts = [self._vocabulary.token_text(delta.token) for delta in told if delta.token is not None]
        offsets = [offset + sum(map(len, texts[:index])) for index in range(len(texts))]
        spell = self._vocabulary.token_text
        return {
            "tokens": texts,
            "token_logprobs": [delta.logprob for delta in told],
            "top_logprobs": [{spell(token): logprob for token, logprob in delta.top} for delta in told],
            "text_offset": offsets,
        }


class LmiEnvelope:
    """Writes the answers of one order in the LMI containers' shapes."""

    REASONS = {"length": "length", "stop": "eos_token"}  # noqa: RUF012 - a table, never changed

    def __init__(self, order: Order, vocabulary: Vocabulary) -> None:
        self._order = order
        self._vocabulary = vocabulary

    def whole(self, choices: Sequence[Choice]) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the whole answer: an object, or a list of them where a list was asked."""
        written = [self._one(index, choice) for index, choice in enumerate(choices)]
        return written if self._order.many else written[0]

    def line(self, piece: Piece, choice: Choice) -> dict[str, Any]:
        """Return a line of a stream; the last one of an answer holds it whole."""
        delta = piece.tokens[0] if piece.tokens else TokenDelta(None)
        line: dict[str, Any] = {"token": {"id": delta.token, "text": piece.text, "log_prob": delta.logprob}}
        if self._order.many:
            line["index"] = piece.index
        if piece.finish:
            whole = prompt_text(self._order, piece.index) + choice.text
            line |= {"generated_text": whole, "details": self._end(choice)}
        return line

    def _one(self, index: int, choice: Choice) -> dict[str, Any]:
        written: dict[str, Any] = {"generated_text": prompt_text(self._order, index) + choice.text}
        if self._order.details:
            tokens = [
                {"id": delta.token, "text": self._vocabulary.token_text(delta.token), "log_prob": delta.logprob}
                for delta in choice.tokens
                if delta.token is not None
            ]
            written["details"] = self._end(choice) | {"tokens": tokens}
        return written

    def _end(self, choice: Choice) -> dict[str, Any]:
        reason = "stop_sequence" if choice.stopped else self.REASONS[choice.finish]
        return {"finish_reason": reason, "generated_tokens": len(choice.tokens), "inputs": None}


def usage(order: Order, made: int) -> dict[str, int]:
    """Return the sums of tokens: each prompt counts once, the end mark of an answer counts as made."""
    read = sum(len(prompt.tokens) for prompt in order.prompts)
    return {"prompt_tokens": read, "completion_tokens": made, "total_tokens": read + made}


def prompt_text(order: Order, index: int) -> str:
    """Return what stands before an answer: its prompt, where that was asked for."""
    return order.prompts[index // order.n].text if order.echo else ""
