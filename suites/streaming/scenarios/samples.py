"""Requests that are answered by a stream: the user's own, or prompts of well-known shapes."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Sample, Unobserved, Untested

if TYPE_CHECKING:
    from seatrial.conformance.api import Drive, Streamed

__all__ = ["PATIENCE", "STREAM_OPTION", "brief", "candidates", "changed", "is_stream", "known", "unstreamed"]

STREAM_OPTION = "--trial-stream-sample FILE"
PATIENCE = 60.0
"""Contract seconds for a stream that is not followed to its end at all costs."""
PROMPT = "Count from 1 to 100:"
TOKENS = 64
SHAPES = {
    "json-prompt-stream": {"prompt": PROMPT, "max_tokens": TOKENS, "stream": True},
    "json-messages-stream": {
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": TOKENS,
        "stream": True,
    },
    "json-inputs-stream": {"inputs": PROMPT, "parameters": {"max_new_tokens": TOKENS}, "stream": True},
}
BUILT_IN = tuple(
    Sample(name, "application/json", json.dumps(shape, separators=(",", ":")).encode())
    for name, shape in SHAPES.items()
)
FLAG = "stream"
INPUTS = ("prompt", "messages", "inputs", "input", "text")


def candidates(drive: Drive) -> tuple[Sample, ...]:
    """The user's samples; the built-in shapes where there are none."""
    return drive.options.stream_samples or BUILT_IN


def known(drive: Drive) -> tuple[Sample, ...]:
    """The samples that are answered by a stream; of the built-in shapes the first one, found by asking.

    Raises:
        Unobserved: there is none.
    """
    if drive.options.stream_samples:
        return drive.options.stream_samples
    for sample in BUILT_IN:
        with drive.client.open_stream(sample.request(), timeout=drive.seconds(PATIENCE)) as stream:
            stream.read(pieces=2)
            stream.leave()
            if is_stream(stream.seen()):
                return (sample,)
    raise Unobserved(Untested.MISSING_INPUT, "no request is known that is answered by a stream", STREAM_OPTION)


def is_stream(seen: Streamed) -> bool:
    """Whether an answer is a stream: 2xx, chunked, in two chunks or more."""
    answer = seen.exchange.answer
    return answer is not None and answer.ok and answer.chunked and seen.count > 1


def brief(seen: Streamed, *, tail: bool = False) -> Streamed:
    """What is kept of a stream of many: its text and its later pieces are left out, and unless asked for its end."""
    cut = bool(seen.text) or seen.text_cut
    kept = seen.tail if tail else b""
    return dataclasses.replace(seen, text=b"", text_cut=cut, tail=kept, pieces=seen.pieces[:1])


def unstreamed(sample: Sample) -> Sample | None:
    """The same request with its flag `stream` turned off; None where it has none that says true."""
    value = _object(sample)
    if value is None:
        return None
    parameters = value.get("parameters")
    inner = parameters if isinstance(parameters, dict) else {}
    if value.get(FLAG) is not True and inner.get(FLAG) is not True:
        return None
    value = {name: entry for name, entry in value.items() if name not in {FLAG, "stream_options"}}
    if inner:
        value["parameters"] = {name: entry for name, entry in inner.items() if name != FLAG}
    return changed(sample, value)


def changed(sample: Sample, value: Any) -> Sample:
    """A sample with another body."""
    return dataclasses.replace(sample, body=json.dumps(value).encode())


def without_input(sample: Sample) -> Sample | None:
    """The same request with its input replaced by a number, which is none; None where its input is not known."""
    value = _object(sample)
    name = next((name for name in INPUTS if value and name in value), None)
    return changed(sample, {**value, name: 7}) if value and name else None


def _object(sample: Sample) -> dict[str, Any] | None:
    try:
        value = json.loads(sample.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
