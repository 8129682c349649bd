"""`--prompt-tokens N --max-tokens M`: prompts for language models, all different, in the shape of their API.

The words are short and common: the usual tokenizers give each of them, with the blank before it, one token. So a
prompt of N words has about N tokens, and no tokenizer has to be loaded. A chat template comes on top.
"""

from __future__ import annotations

from enum import StrEnum, unique
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.how_many import how_many, positive
from seatrial.loadgen.payload.media import JSON
from seatrial.loadgen.payload.payloads import Payloads

__all__ = ["WORDS", "Api", "from_prompts", "prompt_body"]

DRAWS = 0x7072
"""Keeps these draws apart from others of the same seed."""
WORDS = tuple(Path(__file__).with_name("words.txt").read_text("ascii").split())


@unique
class Api(StrEnum):
    """The shape of request and answer."""

    COMPLETIONS = "completions"
    """OpenAI's `/v1/completions`: `prompt`."""
    CHAT = "chat"
    """OpenAI's `/v1/chat/completions`: `messages`."""
    INVOCATIONS = "invocations"
    """LMI's and TGI's own: `inputs` and `parameters`, at the target's own path."""

    @property
    def path(self) -> str:
        """Where it is served; empty: at the target's own path."""
        return {"completions": "/v1/completions", "chat": "/v1/chat/completions", "invocations": ""}[self.value]


def from_prompts(
    prompt_tokens: int,
    max_tokens: int,
    *,
    api: Api,
    seed: int,
    stream: bool = False,
    model: str | None = None,
    count: int | None = None,
) -> Payloads:
    """Make prompts of random words.

    Args:
        prompt_tokens: words in a prompt: about as many tokens.
        max_tokens: most tokens of an answer; the workload of a request.
        api: the shape.
        seed: equal seeds give equal prompts.
        stream: whether a stream is asked for.
        model: the name that the server knows the model by; None leaves it out.
        count: different prompts, sent in turn; None: up to 100.

    Raises:
        UsageError: a number is less than 1, or there are not so many different prompts of that length.
    """
    positive("--prompt-tokens", prompt_tokens)
    positive("--max-tokens", max_tokens)
    count = how_many(count, prompt_tokens)
    prompts = _different(prompt_tokens, count, np.random.default_rng([seed, DRAWS]))
    bodies = tuple(prompt_body(api, text, max_tokens, stream=stream, model=model) for text in prompts)
    title = f"{count} {'prompt' if count == 1 else 'prompts'} of about {prompt_tokens} tokens, {max_tokens} out at most"
    title += f", {api}{', streamed' if stream else ''}"
    return Payloads(bodies, (JSON,) * count, np.full(count, float(max_tokens)), title, stream, path=api.path)


def prompt_body(api: Api, text: str, max_tokens: int, *, stream: bool = False, model: str | None = None) -> bytes:
    """Return one request. A stream of OpenAI's APIs is asked to end with its usage, so that tokens can be counted."""
    body: dict[str, Any] = {"model": model} if model else {}
    if api is Api.INVOCATIONS:
        body |= {"inputs": text, "parameters": {"max_new_tokens": max_tokens}}
    elif api is Api.CHAT:
        body |= {"messages": [{"role": "user", "content": text}], "max_tokens": max_tokens}
    else:
        body |= {"prompt": text, "max_tokens": max_tokens}
    if stream:
        body["stream"] = True
        if api is not Api.INVOCATIONS:
            body["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(body)


def _different(length: int, count: int, random: np.random.Generator) -> list[str]:
    """Draw prompts, and draw anew what was there already: a server may keep what it has read once."""
    possible = len(WORDS) ** min(length, 8)
    if count > possible:
        raise UsageError(
            f"--distinct {count}: there are only {possible} different prompts of {length} tokens; "
            "ask for fewer, or raise --prompt-tokens."
        )
    if length == 1:
        return [WORDS[index] for index in random.permutation(len(WORDS))[:count]]
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join(WORDS[index] for index in random.integers(len(WORDS), size=length))] = None
    return list(found)
