"""What every engine does alike: exact answers, mixed adapters, seeds, limits, rows that leave, free places."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from support.serving import until

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm.engine import (
    ABORT,
    LENGTH,
    STOP,
    AdapterError,
    Engine,
    GenerationRequest,
    QueueFullError,
    Sampling,
    TokenDelta,
    UnknownAdapterError,
)
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.samples.llm_recipe import grammar

ROOM = 1024
SKY = "The colour of the sky is"
VOICES = (grammar.BASE, *grammar.ADAPTERS)


async def collect(engine: Engine, request: GenerationRequest) -> list[TokenDelta]:
    return [delta async for delta in engine.generate(request)]


async def collect_all(engine: Engine, requests: Sequence[GenerationRequest]) -> list[list[TokenDelta]]:
    """As many at a time as the engine takes."""
    room = asyncio.Semaphore(8)

    async def one(request: GenerationRequest) -> list[TokenDelta]:
        async with room:
            return await collect(engine, request)

    return await asyncio.gather(*map(one, requests))


@pytest.fixture
def ask(vocabulary: Vocabulary) -> Callable[..., GenerationRequest]:
    numbers = iter(range(10_000))

    def request(text: str = SKY, voice: str = "", *, urgent: bool = False, **wanted: object) -> GenerationRequest:
        how = replace(Sampling(max_tokens=60), **wanted)  # type: ignore[arg-type]  # passed on as they came
        return GenerationRequest(str(next(numbers)), vocabulary.encode(text, ROOM), how, voice, urgent)

    return request


@pytest.fixture
def spelt(vocabulary: Vocabulary) -> Callable[[Sequence[TokenDelta]], str]:
    return lambda deltas: vocabulary.decode([delta.token for delta in deltas if delta.token is not None])


@pytest.fixture(autouse=True)
def idle_afterwards(engine: Engine) -> Iterator[None]:
    """No test leaves a row behind: its place would be missing to the next."""
    yield
    until(lambda: engine.load_now.running + engine.load_now.waiting == 0, "an engine without rows")


def endless(ask: Callable[..., GenerationRequest]) -> GenerationRequest:
    return ask("Count", max_tokens=1000, ignore_eos=True)


def test_every_answer_of_the_grammar_is_exact_with_the_adapters_mixed(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    examinations = zip(*map(grammar.examination, VOICES), strict=True)
    texts = [pair for together in examinations for pair in zip(VOICES, together, strict=True)]
    made = asyncio.run(collect_all(engine, [ask(text.prompt, voice) for voice, text in texts]))
    assert [spelt(deltas) for deltas in made] == [text.answer for _, text in texts]
    assert {deltas[-1].finish for deltas in made} == {STOP}


def test_greedy_tokens_are_those_of_the_light_engine(
    engine: Engine, light: Engine, ask: Callable[..., GenerationRequest]
):
    texts = ("Count from 3:", "The", "Q: What colour is the sun?\nA:", "blue blue", "frog 7 of the")
    rows = [ask(text, voice, ignore_eos=True, logprobs=4) for text in texts for voice in VOICES]
    made, expected = (asyncio.run(collect_all(one, rows)) for one in (engine, light))
    assert [[delta.token for delta in row] for row in made] == [[delta.token for delta in row] for row in expected]
    pairs = [pair for rows in zip(made, expected, strict=True) for pair in zip(*rows, strict=True)]
    for ours, theirs in pairs:
        assert ours.logprob == pytest.approx(theirs.logprob, abs=2e-3)
        assert [value for _, value in ours.top] == pytest.approx([value for _, value in theirs.top], abs=2e-2)


def test_logprobs_tell_the_likeliest_tokens_in_order(engine: Engine, ask: Callable[..., GenerationRequest]):
    for delta in asyncio.run(collect(engine, ask(logprobs=5))):
        values = [value for _, value in delta.top]
        assert delta.top[0] == (delta.token, delta.logprob)
        assert values == sorted(values, reverse=True)
        assert len(values) == 5
        assert sum(map(math.exp, values)) <= 1.00001
    silent = asyncio.run(collect(engine, ask()))
    assert {(delta.logprob, delta.top) for delta in silent} == {(None, ())}


def test_a_seed_gives_the_same_answer_whatever_else_runs_and_another_seed_another(
    engine: Engine, ask: Callable[..., GenerationRequest]
):
    hot = {"temperature": 2.0, "max_tokens": 30, "ignore_eos": True}

    async def run() -> list[list[TokenDelta]]:
        alone = await collect(engine, ask("The sky", seed=7, **hot))
        return [alone, *await collect_all(engine, [ask("The sky", seed=seed, **hot) for seed in (7, 8, 9)])]

    alone, same, *others = ([delta.token for delta in deltas] for deltas in asyncio.run(run()))
    assert alone == same
    assert len({tuple(tokens) for tokens in (alone, *others)}) == 3


def test_a_hot_answer_of_few_tokens_to_choose_from_is_the_likeliest(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    for wanted in ({"top_k": 1}, {"top_p": 1e-6}):
        assert spelt(asyncio.run(collect(engine, ask(temperature=2.0, **wanted)))) == " blue."


def test_an_answer_ends_at_its_length_at_the_context_or_not_before_enough_tokens(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    short = asyncio.run(collect(engine, ask("Count from 1:", max_tokens=3)))
    assert (spelt(short), short[-1].finish, len(short)) == (" 1 2 3", LENGTH, 3)
    long = ask("Count " * 480, max_tokens=1000, ignore_eos=True)
    full = asyncio.run(collect(engine, long))
    assert (len(long.prompt) + len(full), full[-1].finish) == (engine.facts.context, LENGTH)
    assert len(asyncio.run(collect(engine, ask(min_tokens=10)))) >= 10


def test_rows_that_are_aborted_or_left_free_their_places(engine: Engine, ask: Callable[..., GenerationRequest]):
    async def run() -> list[TokenDelta]:
        row = endless(ask)
        answer = engine.generate(row)
        await anext(answer)
        engine.abort(row.id)
        engine.abort("nobody")
        rest = [delta async for delta in answer]
        left = engine.generate(endless(ask))
        await anext(left)
        await close(left)
        return rest

    assert asyncio.run(run())[-1] == TokenDelta(None, finish=ABORT)


def test_a_row_beyond_the_queue_is_refused_and_an_urgent_one_passes_it(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    async def run() -> str:
        rows = [endless(ask) for _ in range(8)]
        running = [asyncio.create_task(collect(engine, row)) for row in rows]
        full = lambda: engine.load_now.running + engine.load_now.waiting == len(rows)  # noqa: E731 - a condition
        await asyncio.to_thread(until, full, "slots and queue that are full")
        with pytest.raises(QueueFullError, match="4 requests are waiting"):
            await anext(engine.generate(ask()))
        answer = spelt(await collect(engine, ask(urgent=True)))
        for row in rows:
            engine.abort(row.id)
        assert {deltas[-1].finish for deltas in await asyncio.gather(*running)} <= {ABORT, LENGTH}
        return answer

    assert asyncio.run(run()) == " blue."


def test_an_adapter_unloaded_in_use_finishes_its_answer_and_comes_again(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    text = grammar.counting(1, "alpha")

    async def run() -> tuple[str, str]:
        answer = engine.generate(ask(text.prompt, "alpha"))
        begun = [await anext(answer)]
        await asyncio.to_thread(engine.unload_adapter, "alpha")
        with pytest.raises(UnknownAdapterError, match="no adapter is named 'alpha'"):
            await anext(engine.generate(ask(SKY, "alpha")))
        first = spelt(begun + [delta async for delta in answer])
        await asyncio.to_thread(engine.load_adapter, "alpha", SAMPLE_FOLDER / "adapters" / "beta")
        return first, spelt(await collect(engine, ask(SKY, "alpha")))

    try:
        assert asyncio.run(run()) == (text.answer, " beta.")
        assert sorted(engine.adapters()) == ["alpha", "beta"]
    finally:
        engine.unload_adapter("alpha")
        engine.load_adapter("alpha", SAMPLE_FOLDER / "adapters" / "alpha")
    assert spelt(asyncio.run(collect(engine, ask(SKY, "alpha")))) == " alpha."


def test_the_base_answers_alone_when_every_adapter_is_gone(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    names = engine.adapters()
    for name in names:
        engine.unload_adapter(name)
    try:
        assert spelt(asyncio.run(collect(engine, ask()))) == " blue."
    finally:
        for name in names:
            engine.load_adapter(name, SAMPLE_FOLDER / "adapters" / name)
    assert spelt(asyncio.run(collect(engine, ask(SKY, "beta")))) == " beta."


def test_an_adapter_that_cannot_be_used_is_refused_and_changes_nothing(
    engine: Engine, ask: Callable[..., GenerationRequest], spelt: Callable[[Sequence[TokenDelta]], str]
):
    with pytest.raises(AdapterError, match="is loaded already"):
        engine.load_adapter("alpha", SAMPLE_FOLDER / "adapters" / "alpha")
    with pytest.raises(AdapterError, match=r"no adapter_config\.json"):
        engine.load_adapter("gamma", SAMPLE_FOLDER / "adapters")
    assert sorted(engine.adapters()) == ["alpha", "beta"]
    assert spelt(asyncio.run(collect(engine, ask()))) == " blue."


def test_an_engine_that_stops_ends_its_rows(start_engine: Callable[[], Engine], ask: Callable[..., GenerationRequest]):
    second = start_engine()

    async def run() -> list[TokenDelta]:
        answer = second.generate(endless(ask))
        first = await anext(answer)
        await asyncio.to_thread(second.stop)
        return [first, *[delta async for delta in answer]]

    assert second.healthy()
    assert asyncio.run(run())[-1].finish == ABORT


async def close(answer: AsyncIterator[TokenDelta]) -> None:
    await answer.aclose()  # type: ignore[attr-defined]  # it is a generator
