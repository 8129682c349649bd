"""Asks with each parameter that OpenAI's clients commonly send, whole and streamed."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.openai.scenarios.asking import Asker
from seatrial.suites.openai.values import decoded, dig

__all__ = ["LIMITS", "ParametersSeen", "Stopped"]

FEW = 2
"""Tokens, where few are asked for."""
ALTERNATIVES = 2
LIMITS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Stopped:
    """A piece out of the middle of the plain answer as `stop`."""

    stop: str
    whole: Exchange
    streamed: Exchange


@dataclass(frozen=True)
class ParametersSeen:
    """One question with one more parameter each.

    Attributes:
        plain: without one.
        limited: few tokens by each of `LIMITS`.
        two: `n` of 2, whole and streamed, at temperature 1: greedily some servers refuse two alike.
        stopped: None where the plain answer has no middle.
        logprobs: whole and streamed.
        unknown: with a field that nobody knows.
    """

    plain: Exchange
    limited: tuple[Exchange, ...]
    two: tuple[Exchange, ...]
    stopped: Stopped | None
    logprobs: tuple[Exchange, ...]
    unknown: Exchange


@scenario("openai-parameters", sees=ParametersSeen, takes=1.5)
def parameters(drive: Drive) -> ParametersSeen:
    """Ask with each of them."""
    asker = Asker(drive)
    plain = asker.chat()
    both = (False, True)
    return ParametersSeen(
        plain,
        tuple(asker.chat(tokens=FEW, limit=limit) for limit in LIMITS),
        tuple(asker.chat(stream=stream, n=2, temperature=1) for stream in both),
        _stopped(asker, plain),
        tuple(asker.chat(stream=stream, logprobs=True, top_logprobs=ALTERNATIVES) for stream in both),
        asker.chat(seatrial_field_that_nobody_knows={"deep": [1, None, "x"]}),
    )


def _stopped(asker: Asker, plain: Exchange) -> Stopped | None:
    value = decoded(plain.answer.body.head) if plain.answer else None
    text = str(dig(value, "choices", 0, "message", "content") or "")
    words = text.split()
    stop = words[len(words) // 2] if len(words) > FEW else ""
    if not stop or text.startswith(stop):
        return None
    return Stopped(stop, asker.chat(stop=stop), asker.chat(stream=True, stop=[stop]))
