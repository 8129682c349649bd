"""Requests on which a base model and its adapters may be told apart: the valid samples, and what can be made of them.

A sample may draw its answer by lot, or may be answered alike with and without an adapter. So after the samples as they
are come the same ones without chance, and then other prompts in the same language.
"""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Drive, Sample
from seatrial.suites.adapters.route import fields_of, with_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["candidates", "lengthened", "names_models"]

SHAPES = tuple(
    Sample(name, "application/json", body)
    for name, body in (
        ("json-prompt", b'{"prompt": "The colour of the sky is", "max_tokens": 8}'),
        ("json-messages", b'{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8}'),
        ("json-inputs", b'{"inputs": "The colour of the sky is", "parameters": {"max_new_tokens": 8}}'),
    )
)
PROMPTS = ("The colour of the sky is", "My name is", "Write one sentence about the sea:")
TOKENS, LONG = 12, 64
MOST = 12


def candidates(drive: Drive) -> tuple[Sample, ...]:
    """The requests to try, the likeliest first: those whose body can name a model before the others.

    Where no sample can, the usual shapes are tried as well: a server may speak their languages beside its own.
    """
    quick = tuple(sample for sample in drive.options.samples if not sample.slow)
    given = drive.valid or quick
    shapes = () if any(map(names_models, given)) else SHAPES
    known = sorted((*given, *shapes), key=lambda sample: not names_models(sample))
    rows = zip_longest(*(tuple(_forms(sample)) for sample in known))
    return tuple(sample for sample in chain.from_iterable(rows) if sample is not None)[:MOST]


def names_models(sample: Sample) -> bool:
    """Whether the body is written in a language that has a field `model`."""
    return not {"prompt", "messages"}.isdisjoint(fields_of(sample))


def lengthened(sample: Sample) -> Sample:
    """The same request with a longer answer, so that something can happen meanwhile; itself where none is known."""
    fields = fields_of(sample)
    if names_models(sample):
        return with_fields(sample, {"max_tokens": LONG, "ignore_eos": True}, f"{sample.name}, longer")
    if "inputs" in fields:
        more = {**_parameters(fields), "max_new_tokens": LONG, "ignore_eos": True}
        return with_fields(sample, {"parameters": more}, f"{sample.name}, longer")
    return sample


def _forms(sample: Sample) -> Iterator[Sample]:
    yield sample
    fields = fields_of(sample)
    for key in ("prompt", "messages", "inputs"):
        if key in fields:
            greedy = with_fields(sample, _without_chance(fields, key), f"{sample.name}, greedy")
            yield greedy
            for prompt in PROMPTS:
                asked = [{"role": "user", "content": prompt}] if key == "messages" else prompt
                yield with_fields(greedy, {key: asked}, f"{prompt!r} in the language of {sample.name}")
            return


def _without_chance(fields: dict[str, Any], key: str) -> dict[str, Any]:
    if key == "inputs":
        return {"parameters": {**_parameters(fields), "do_sample": False, "max_new_tokens": TOKENS}}
    return {"temperature": 0, "max_tokens": TOKENS}


def _parameters(fields: dict[str, Any]) -> dict[str, Any]:
    found = fields.get("parameters")
    return found if isinstance(found, dict) else {}
