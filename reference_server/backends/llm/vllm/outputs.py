"""Between this server's words for sampling and tokens, and vLLM's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vllm import SamplingParams
from vllm.sampling_params import RequestOutputKind

from seatrial.reference_server.backends.llm.engine import ABORT, LENGTH, STOP, Sampling, TokenDelta

# vLLM's word for an answer that was ended from outside is `abort`; for a failure it has others.
REASONS = {"stop": STOP, "length": LENGTH}


def sampling_params(sampling: Sampling, room: int, end_tokens: Sequence[int]) -> SamplingParams:
    """Return how vLLM is to choose tokens; text and stop strings are this server's own affair."""
    return SamplingParams(
        max_tokens=min(sampling.max_tokens, room),
        min_tokens=min(sampling.min_tokens, sampling.max_tokens, room),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        seed=sampling.seed,
        ignore_eos=sampling.ignore_eos,
        stop_token_ids=[] if sampling.ignore_eos else list(end_tokens),
        logprobs=sampling.logprobs,
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
    )


def deltas(output: Any, logprobs: int | None) -> Iterator[TokenDelta]:
    """Yield the tokens of one of vLLM's outputs, the end of the row on the last."""
    finish = REASONS.get(output.finish_reason, ABORT) if output.finish_reason else ""
    tokens = list(output.token_ids)
    told: Sequence[Mapping[int, Any]] = output.logprobs or ()
    for index, token in enumerate(tokens):
        last = finish if index == len(tokens) - 1 else ""
        if logprobs is None:
            yield TokenDelta(token, finish=last)
        else:
            yield TokenDelta(token, told[index][token].logprob, _top(told[index], logprobs), last)
    if finish and not tokens:
        yield TokenDelta(None, finish=finish)


def _top(told: Mapping[int, Any], most: int) -> tuple[tuple[int, float], ...]:
    """Return the likeliest tokens, the likeliest first: vLLM tells the chosen one along."""
    ranked = sorted(told.items(), key=lambda item: (-item[1].logprob, item[0]))
    return tuple((token, found.logprob) for token, found in ranked[:most])
