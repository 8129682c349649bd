"""Looks at the routes beside the chats: the list of models, and those of the real-time contract."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, scenario
from seatrial.suites.openai.scenarios.asking import MODELS, Asker, Form, listed_model

__all__ = ["BesideSeen", "ModelsSeen"]


@dataclass(frozen=True)
class ModelsSeen:
    """The list of models, and a chat with the first of them; None where none is listed."""

    models: Exchange
    listed: Exchange | None


@dataclass(frozen=True)
class BesideSeen:
    """The routes of the real-time contract, after a chat.

    Attributes:
        chat: the chat.
        ping: GET /ping.
        invocation: POST /invocations with a valid sample, or with the chat where none is known.
        sample: whether a sample was known.
    """

    chat: Exchange
    ping: Exchange
    invocation: Exchange
    sample: bool


@scenario("openai-models", sees=ModelsSeen, takes=0.2)
def models(drive: Drive) -> ModelsSeen:
    """List the models and ask the first."""
    asker = Asker(drive)
    seen = asker.send(RawRequest("GET", MODELS))
    name = listed_model(seen)
    return ModelsSeen(seen, Asker(drive, Form("a listed model", name, asker.form.limit)).chat() if name else None)


@scenario("openai-beside", sees=BesideSeen, takes=0.4)
def beside(drive: Drive) -> BesideSeen:
    """Ping and invoke after a chat."""
    asker = Asker(drive)
    chat, ping = asker.chat(), drive.ping()
    if drive.valid:
        return BesideSeen(chat, ping, drive.invoke(drive.sample), sample=True)
    return BesideSeen(chat, ping, asker.post("/invocations", asker.body()), sample=False)
