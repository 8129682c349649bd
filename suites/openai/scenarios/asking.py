"""How the scenarios of this profile ask: a chat in the form that the subject takes, and the answer kept whole.

What a subject wants beside the messages is found out, not assumed: each form is tried until one is answered, with a
single token, so that also a large model answers quickly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Drive, Exchange, RawRequest, Unobserved, Untested
from seatrial.suites.openai.values import decoded, dig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CHAT", "COMPLETIONS", "MODELS", "QUESTION", "TOKENS", "Asker", "Form", "Tried", "listed_model",
           "try_forms"]  # fmt: skip

CHAT, COMPLETIONS, MODELS = "/v1/chat/completions", "/v1/completions", "/v1/models"
QUESTION = "Count from 15"
TOKENS = 24
"""Of an answer: enough for several chunks, few enough for a model that makes one a second."""
KEPT_BYTES = 256 * 1024
PATIENCE = 60.0


@dataclass(frozen=True)
class Form:
    """What a chat holds beside the messages.

    Attributes:
        name: in words.
        model: the field `model`; None leaves it out.
        limit: the name of the field that limits the tokens.
    """

    name: str
    model: str | None = ""
    limit: str = "max_tokens"


@dataclass(frozen=True)
class Tried:
    """One form, and how a chat in it was answered."""

    form: Form
    exchange: Exchange


class Asker:
    """Sends chats in one form, on fresh connections.

    Args:
        drive: of the scenario.
        form: that the subject takes; found out where it is not given.

    Raises:
        Unobserved: it takes none.
    """

    def __init__(self, drive: Drive, form: Form | None = None) -> None:
        self._drive = drive
        self._client = drive.client.keeping(KEPT_BYTES)
        self._messages = _messages(drive)
        self.form = form or self._found()

    def chat(self, *headers: tuple[str, str], **fields: Any) -> Exchange:
        """Ask greedily, with what `fields` takes."""
        return self.post(CHAT, self.body(**fields), *headers)

    def body(self, **fields: Any) -> bytes:
        """The body of a chat, with what `fields` takes."""
        return json.dumps(self.fields(**fields)).encode()

    def fields(self, *, stream: bool = False, tokens: int = TOKENS, limit: str = "", **fields: Any) -> dict[str, Any]:
        """The fields of a chat.

        Args:
            stream: whether its answer is asked for as a stream.
            tokens: of the answer, at most.
            limit: the name of the field that says so; that of the form where empty.
            fields: more of them, and others than usual; None leaves one out.
        """
        usual = {
            "model": self.form.model, "messages": self._messages, "temperature": 0, limit or self.form.limit: tokens,
            "stream": True if stream else None,
        }  # fmt: skip
        return {name: value for name, value in (usual | fields).items() if value is not None}

    def post(self, path: str, body: bytes, *headers: tuple[str, str], patience: float = PATIENCE) -> Exchange:
        """POST JSON, or what is said to be JSON."""
        given = (("Content-Type", "application/json"), ("Accept", "*/*"), *headers)
        return self.send(RawRequest("POST", path, given, body), patience=patience)

    def send(self, request: RawRequest, *, patience: float = PATIENCE) -> Exchange:
        """Send any request."""
        return self._client.send(request, timeout=self._drive.seconds(patience))

    def _found(self) -> Form:
        tried = try_forms(self._drive)
        if not tried[-1].exchange.ok:
            raise Unobserved(Untested.PREREQUISITE, f"POST {CHAT} was not answered 2xx: {tried[-1].exchange.summary}")
        return tried[-1].form


def try_forms(drive: Drive) -> tuple[Tried, ...]:
    """Try the forms of a chat until one is answered 2xx; the last one tried is that, where there is one."""
    tried: list[Tried] = []
    for form in _forms(drive):
        tried.append(Tried(form, Asker(drive, form).chat(tokens=1)))
        if tried[-1].exchange.ok or tried[-1].exchange.answer is None or drive.stopping.is_set():
            break
    return tuple(tried)


def _forms(drive: Drive) -> Iterator[Form]:
    yield Form("an empty model")
    yield Form("no model", None)
    if named := _sample(drive).get("model"):
        yield Form("the model of the sample", str(named))
    models = drive.client.keeping(KEPT_BYTES).get(MODELS, timeout=drive.seconds(PATIENCE))
    if listed := listed_model(models):
        yield Form("a listed model", listed)
    yield Form("max_completion_tokens", limit="max_completion_tokens")


def listed_model(models: Exchange) -> str:
    """The first model of a list; empty where there is none."""
    value = decoded(models.answer.body.head) if models.answer and models.ok else None
    return str(dig(value, "data", 0, "id") or "")


def _messages(drive: Drive) -> Any:
    return _sample(drive).get("messages") or [{"role": "user", "content": QUESTION}]


def _sample(drive: Drive) -> Mapping[str, Any]:
    """The first sample of the user that is a chat; empty where there is none."""
    for sample in (*drive.options.samples, *drive.options.stream_samples):
        value = decoded(sample.body)
        if isinstance(value, dict) and value.get("messages"):
            return value
    return {}
