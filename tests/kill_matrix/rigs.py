"""How the reference server is rigged for the trials of a profile: its model, the requests it is known to take.

A profile without a rig of its own, or a clause that builds on real-time endpoints, is tried on the echo.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from seatrial.conformance.samples import Sample
from seatrial.reference_server.backends.choice import SAMPLE_FOLDER

__all__ = [
    "ADAPTERS", "BIDIRECTIONAL", "ISOLATED", "OPENAI", "REALTIME", "RIGS", "SCALE", "STANDARDS", "STREAMING", "Rig",
]  # fmt: skip

ADAPTERS = "adapters"
REALTIME, ISOLATED, STANDARDS, OPENAI, STREAMING = "realtime", "isolated", "standards", "openai", "streaming"
BIDIRECTIONAL = "bidirectional"
SCALE = 0.1
"""By how much contract times are shortened where nothing else is said."""
SLOW, SOAK_SLOW = 5.0, 65.0
"""Contract seconds that the slow sample takes, and the one of a soak, which outlasts the platform's patience."""


@dataclass(frozen=True)
class Rig:
    """What the trials of one profile have in common.

    Attributes:
        profiles: whose clauses are judged together, the rig's own first.
        arguments: the command line of the server beside its port and files.
        samples: valid requests, given the factor of contract times and whether this is a soak.
        streams: valid requests that are answered by a stream.
        messages: for a bidirectional stream.
        adapters: (name, directory) of what may be loaded.
        together: oddities that one server has at once: where it breaks nothing, none of them does.
        soak_scale: by how much contract times are shortened where true cadences are driven.
    """

    profiles: tuple[str, ...]
    arguments: tuple[str, ...]
    samples: Callable[[float, bool], tuple[Sample, ...]]
    streams: tuple[Sample, ...] = ()
    messages: tuple[Sample, ...] = ()
    adapters: tuple[tuple[str, str], ...] = ()
    together: int = 3
    soak_scale: float = SCALE


def given(name: str, media: str, body: bytes, *, slow: bool = False) -> Sample:
    """A sample as if a user had given it."""
    return Sample(name, media, body, slow=slow, given=True)


def of_the_echo(scale: float, soak: bool) -> tuple[Sample, ...]:
    """Three quick requests, and one that takes its time."""
    slow = (SOAK_SLOW if soak else SLOW) * scale
    return (
        given("one.json", "application/json", b'{"instances": [[1.5, 2.5]], "echo": "one"}'),
        given("two.json", "application/json", b'{"instances": [[3.5, 4.5]], "echo": "two"}'),
        given("three.csv", "text/csv", b"5.5,6.5\n"),
        given("slow.json", "application/json", json.dumps({"sleep": slow}).encode(), slow=True),
    )


def of_the_llm(scale: float, soak: bool) -> tuple[Sample, ...]:
    """Two prompts of the sample language model, in the language whose answers are the same each time."""
    del scale, soak
    return (
        given("sky.json", "application/json", b'{"inputs": "The colour of the sky is"}'),
        given("count.json", "application/json", b'{"inputs": "Count from 3:"}'),
    )


def with_a_model_name(scale: float, soak: bool) -> tuple[Sample, ...]:
    """Two prompts of the sample language model, one of them in the language whose bodies name a model."""
    prompt = given("prompt.json", "application/json", b'{"prompt": "The colour of the sky is", "temperature": 0}')
    return (prompt, *of_the_llm(scale, soak)[1:])


def streamed(name: str, **body: object) -> Sample:
    """A request of the sample language model that is answered by a stream."""
    return given(name, "application/json", json.dumps({**body, "stream": True}).encode())


STREAMS = (
    streamed("count.json", prompt="Count from 1:", max_tokens=40),
    streamed("long.json", prompt="Count from 1:", max_tokens=300, ignore_eos=True),
    streamed(
        "large.json", messages=[{"role": "user", "content": "Count from 15"}], max_tokens=40, ignore_eos=True,
        n=8, logprobs=True, top_logprobs=20,
    ),
    streamed("lines.json", inputs="Count from 3:", parameters={"max_new_tokens": 30}),
)  # fmt: skip
"""Ten milliseconds a token: the long one outlasts the 25 s of a stop, the large one the buffers of two kernels."""
MESSAGES = (
    given("count.json", "application/json", b'{"inputs": "Count from 3:", "parameters": {"max_new_tokens": 4}}'),
    given("sky.json", "application/json", b'{"inputs": "The colour of the sky is"}'),
    given(
        "long.json",
        "application/json",
        b'{"inputs": "Count from 1:", "parameters": {"max_new_tokens": 200, "ignore_eos": true}}',
    ),
)
"""For a bidirectional stream; the last one is answered for a while."""
ECHO = ("--model", "echo")
RIGS = {
    REALTIME: Rig((REALTIME, ISOLATED), ECHO, of_the_echo),
    STANDARDS: Rig((STANDARDS,), ECHO, of_the_echo, together=13),
    OPENAI: Rig((OPENAI,), ("--model", "sample-llm"), of_the_llm, together=8),
    STREAMING: Rig(
        (STREAMING,), ("--model", "sample-llm", "--token-interval", "10"), of_the_llm, streams=STREAMS, soak_scale=0.01
    ),
    BIDIRECTIONAL: Rig(
        (BIDIRECTIONAL,),
        ("--model", "sample-llm", "--token-interval", "5", "--bidirectional-limit", "48"),
        of_the_llm,
        messages=MESSAGES,
        soak_scale=0.01,
    ),
    ADAPTERS: Rig(
        (ADAPTERS,),
        ("--model", "sample-llm", "--token-interval", "2", "--max-loras", "16"),
        with_a_model_name,
        adapters=tuple((name, str(SAMPLE_FOLDER / "adapters" / name)) for name in ("alpha", "beta")),
        together=8,
    ),
}
"""By profile. With those that add clauses to it, for the mutants of images."""
