"""Trains the sample model and its two adapters, examines them, and writes them with a card and checksums.

    python -m seatrial.reference_server.samples.llm_recipe.train --out DIR

Seeded, on one thread: the same libraries on the same kind of processor give the same bytes. A model that makes one
mistake in its examination is not written.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from seatrial.reference_server.samples.llm_recipe import grammar, network, package, vocabulary
from seatrial.reference_server.samples.llm_recipe.network import Shape, Tensors

BATCH = 32
# Batches that are drawn together and sorted by length: the texts of a batch are then about as long as each other.
DRAWN = 10
# Steps of the first round, and of each further one while an answer is still wrong, at a gentler rate.
STEPS = {"base": (340, 80), "adapter": (80, 40)}
RATE = {"base": (6e-3, 1.5e-3), "adapter": (6e-3, 1.5e-3)}
ROUNDS = 5
IGNORED = -100
Batches: TypeAlias = Iterator[tuple[Any, Any]]
Run: TypeAlias = Callable[[Any], Any]
ROOM = 8


class ExaminationError(Exception):
    """The trained model does not answer as it must; the message is one sentence."""


def train(out: Path, seed: int) -> None:
    """Train everything and write it into a folder.

    Raises:
        ExaminationError: an answer is wrong.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    tokenizer = vocabulary.train(seed)
    shape = Shape(tokenizer.get_vocab_size())
    weights = network.initial(shape)
    _learn(tokenizer, weights, "base", lambda tokens: network.logits(shape, weights, tokens), grammar.BASE, seed)
    frozen = {name: weight.detach() for name, weight in weights.items()}
    adapters = {name: _adapter(tokenizer, shape, frozen, name, seed) for name in grammar.ADAPTERS}
    package.write(out, tokenizer, shape, frozen, adapters, seed)


def _adapter(tokenizer: Tokenizer, shape: Shape, weights: Tensors, name: str, seed: int) -> Tensors:
    update = network.initial_adapter(shape)
    _learn(tokenizer, update, "adapter", lambda tokens: network.logits(shape, weights, tokens, update), name, seed)
    return {key: weight.detach() for key, weight in update.items()}


def _learn(tokenizer: Tokenizer, weights: Tensors, kind: str, run: Run, voice: str, seed: int) -> None:
    """Train in rounds until every answer is right.

    Raises:
        ExaminationError: one is still wrong after the last round.
    """
    batches = _batches(tokenizer, random.Random(f"{seed} {voice}"), voice)  # noqa: S311 - example texts, no secrets
    first, further = STEPS[kind]
    wrong = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        loss = _fit(weights, run, batches, further if number else first, RATE[kind][bool(number)])
        wrong = _wrong(tokenizer, run, voice)
        spent = time.perf_counter() - began
        _say(f"{voice or 'base'}, round {number + 1}: {spent:.0f} s, last loss {loss:.4f}, {len(wrong)} answers wrong")
        if not wrong:
            return
    raise ExaminationError(f"{voice or 'base'} answers {len(wrong)} questions wrong, such as {wrong[:ROOM]}")


def _fit(weights: Tensors, run: Run, batches: Batches, steps: int, rate: float) -> float:
    """Train for some steps, and return the last loss."""
    optimizer = torch.optim.AdamW(weights.values(), lr=rate, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)
    last = 0.0
    for _ in range(steps):
        tokens, targets = next(batches)
        loss = functional.cross_entropy(run(tokens).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        plan.step()
        last = float(loss.detach())
    return last


def _batches(tokenizer: Tokenizer, source: random.Random, voice: str) -> Batches:
    while True:
        drawn = sorted((_row(tokenizer, grammar.text(source, voice)) for _ in range(BATCH * DRAWN)), key=_length)
        starts = list(range(0, len(drawn), BATCH))
        source.shuffle(starts)
        yield from (_padded(drawn[start : start + BATCH]) for start in starts)


def _row(tokenizer: Tokenizer, text: grammar.Text) -> tuple[list[int], list[int]]:
    """Return tokens and, for each, the one that must follow; only answers are learnt."""
    asked = tokenizer.encode(text.prompt).ids
    answer = tokenizer.encode(text.answer + grammar.END, add_special_tokens=False).ids
    return asked + answer, [IGNORED] * (len(asked) - 1) + answer


def _length(row: tuple[list[int], list[int]]) -> int:
    return len(row[0])


def _padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[Any, Any]:
    longest = max(map(_length, rows))
    tokens = [tokens + [0] * (longest - len(tokens)) for tokens, _ in rows]
    targets = [targets + [IGNORED] * (longest - len(targets)) for _, targets in rows]
    return torch.tensor(tokens), torch.tensor(targets)


def _wrong(tokenizer: Tokenizer, run: Run, voice: str) -> list[str]:
    """Return the prompts of wrong answers: as the text is known, one pass shows each token that would be chosen."""
    wrong = []
    for text in grammar.examination(voice):
        tokens, targets = _row(tokenizer, text)
        with torch.no_grad():
            chosen = run(torch.tensor([tokens]))[0].argmax(-1).tolist()
        if any(target not in {IGNORED, found} for target, found in zip(targets, chosen, strict=False)):
            wrong.append(text.prompt)
    return wrong


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write the model into")
    parser.add_argument("--seed", type=int, default=20, help="seed of weights and texts (default: 20)")
    given = parser.parse_args(arguments)
    try:
        train(given.out, given.seed)
    except ExaminationError as error:
        sys.stderr.write(f"sample-llm: {error}: nothing was written\n")
        return 1
    _say(f"{given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
