"""From logits to a token: greedy, or drawn from a chance of the row's own, so that rows do not disturb each other."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from seatrial.reference_server.backends.llm.engine import Sampling, TokenDelta

Array: TypeAlias = npt.NDArray[np.float32]
Probabilities: TypeAlias = npt.NDArray[np.float64]


class Sampler:
    """Chooses the tokens of one row.

    Args:
        sampling: what the request asks for.
        end_tokens: the marks that end an answer.
    """

    def __init__(self, sampling: Sampling, end_tokens: frozenset[int]) -> None:
        self._sampling = sampling
        self._ends = sorted(end_tokens)
        self._chance = np.random.default_rng(sampling.seed)

    @property
    def plain(self) -> bool:
        """Whether a token is just the likeliest one."""
        wanted = self._sampling
        return wanted.temperature <= 0 and wanted.logprobs is None and not wanted.min_tokens

    def choose(self, logits: Array, made: int) -> TokenDelta:
        """Return the next token after `made` others, with logprobs where they were asked for."""
        allowed = logits
        if made < self._sampling.min_tokens:
            allowed = logits.copy()
            allowed[self._ends] = -np.inf
        token = self._token(allowed)
        if self._sampling.logprobs is None:
            return TokenDelta(token)
        logprobs = log_softmax(logits)
        likeliest = np.argsort(-logprobs, kind="stable")[: self._sampling.logprobs].tolist()
        top = tuple((index, float(logprobs[index])) for index in likeliest)
        return TokenDelta(token, float(logprobs[token]), top)

    def _token(self, logits: Array) -> int:
        if self._sampling.temperature <= 0:
            return int(logits.argmax())
        powers = np.exp(log_softmax(logits / np.float32(self._sampling.temperature)))
        order = np.argsort(-powers, kind="stable")
        kept = order[: _nucleus(powers[order], self._sampling)]
        total = np.cumsum(powers[kept])
        return int(kept[np.searchsorted(total, self._chance.random() * total[-1], side="right")])


def log_softmax(logits: Array) -> Probabilities:
    """Return natural logarithms of the probabilities."""
    wide = logits.astype(np.float64)
    shifted = wide - wide.max()
    result: Probabilities = shifted - np.log(np.exp(shifted).sum())
    return result


def _nucleus(falling: Probabilities, sampling: Sampling) -> int:
    """Return how many of the likeliest tokens may be chosen, at least one."""
    count = len(falling)
    if sampling.top_k:
        count = min(count, sampling.top_k)
    if sampling.top_p < 1:
        count = min(count, int(np.searchsorted(np.cumsum(falling), sampling.top_p)) + 1)
    return max(count, 1)
