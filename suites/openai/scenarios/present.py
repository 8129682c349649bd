"""Asks for a chat as a caller of the platform's OpenAI path does: without a key, with an empty model."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.openai.scenarios.asking import Asker, Tried, try_forms

__all__ = ["BearerSeen", "PresenceSeen"]

BEARER = ("Authorization", "Bearer seatrial-is-no-key-of-this-server")


@dataclass(frozen=True)
class PresenceSeen:
    """How a chat was answered in each form, until one was answered 2xx: the first has an empty model."""

    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class BearerSeen:
    """The same chat without a token, and with one that this server cannot know."""

    without: Exchange
    given: Exchange


@scenario("openai-present", sees=PresenceSeen, takes=0.2)
def present(drive: Drive) -> PresenceSeen:
    """Try the forms of a chat."""
    return PresenceSeen(try_forms(drive))


@scenario("openai-bearer", sees=BearerSeen, takes=0.4)
def bearer(drive: Drive) -> BearerSeen:
    """Ask twice."""
    asker = Asker(drive)
    return BearerSeen(asker.chat(), asker.chat(BEARER))
