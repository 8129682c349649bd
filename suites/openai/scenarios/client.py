"""Lets OpenAI's own client talk to the subject: what it read, or what it raised."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Drive, scenario
from seatrial.suites.openai.library import needed
from seatrial.suites.openai.scenarios.asking import Asker

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai import OpenAI

__all__ = ["Called", "ClientSeen", "Raised"]

PATIENCE = 60.0


@dataclass(frozen=True)
class Raised:
    """An exception of the client.

    Attributes:
        kinds: the names of its class and of those that it is derived from.
        message: its message, cut.
        status: the status that it read; None where there was none.
        code, type: of the error in the body; empty where the client found none.
    """

    kinds: tuple[str, ...]
    message: str
    status: int | None = None
    code: str = ""
    type: str = ""


@dataclass(frozen=True)
class Called:
    """One call of the client.

    Attributes:
        text: that it read.
        finish: why the answer ended.
        raised: what it raised instead; None where it read an answer.
    """

    text: str = ""
    finish: str = ""
    raised: Raised | None = None


@dataclass(frozen=True)
class ClientSeen:
    """What the client made of the subject.

    Attributes:
        version: of the client.
        chat: in one piece.
        streamed: as a stream.
        refused: a chat whose messages are a text.
    """

    version: str
    chat: Called
    streamed: Called
    refused: Called


@scenario("openai-client", sees=ClientSeen, takes=1.0)
def client(drive: Drive) -> ClientSeen:
    """Ask for a chat, for a stream, and for what must be refused."""
    with needed():
        from seatrial.suites.openai.official import client_of  # noqa: PLC0415  the client is an extra
    asker = Asker(drive)
    url = f"{drive.instance.address}/v1"
    with client_of(url, seconds=drive.seconds(PATIENCE), verify=not drive.options.insecure) as official:
        return ClientSeen(
            metadata.version("openai"),
            _called(drive, lambda: _chat(official, asker)),
            _called(drive, lambda: _streamed(official, asker)),
            _called(drive, lambda: _chat(official, asker, messages="Hello")),
        )


def _chat(official: OpenAI, asker: Asker, **fields: Any) -> Called:
    answer: Any = official.chat.completions.create(**asker.fields(**fields))
    choice = answer.choices[0]
    return Called(choice.message.content or "", choice.finish_reason)


def _streamed(official: OpenAI, asker: Asker) -> Called:
    text, finish = "", ""
    for chunk in official.chat.completions.create(**asker.fields(stream=True)):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return Called(text, finish)


def _called(drive: Drive, call: Callable[[], Called]) -> Called:
    """What became of a call, in a thread of its own: the client has no limit for a call as a whole."""
    mask, outcome = drive.client.mask.mask_text, list[Called]()

    def run() -> None:
        try:
            seen = call()
            outcome.append(Called(mask(seen.text), seen.finish))
        except Exception as error:  # noqa: BLE001  whatever the client raises is what its user sees
            outcome.append(Called(raised=_raised(error, mask)))

    threading.Thread(target=run, name="seatrial-openai-client", daemon=True).start()
    drive.until(lambda: bool(outcome), PATIENCE)
    return outcome[0] if outcome else Called(raised=Raised(("TimeoutError",), f"no end after {PATIENCE:g} s"))


def _raised(error: Exception, mask: Callable[[str], str]) -> Raised:
    kinds = tuple(kind.__name__ for kind in type(error).__mro__ if issubclass(kind, Exception))
    said = str(getattr(error, "message", "") or error)
    return Raised(
        kinds, mask(said)[:500], getattr(error, "status_code", None),
        *(str(getattr(error, name, None) or "") for name in ("code", "type")),
    )  # fmt: skip
