"""The light engine: exact answers, rows that share steps without touching each other, places that come free."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.serving import until

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm.engine import (
    ABORT,
    LENGTH,
    STOP,
    AdapterError,
    GenerationRequest,
    QueueFullError,
    Sampling,
    TokenDelta,
    UnknownAdapterError,
)
from seatrial.reference_server.backends.llm.light import LightEngine, config, llama
from seatrial.reference_server.backends.llm.stepping import sampling
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.samples.llm_recipe import grammar

ROOM = 2048
VOICES = (grammar.BASE, *grammar.ADAPTERS)
LONG = Sampling(max_tokens=1000, ignore_eos=True)


async def collect(engine: LightEngine, request: GenerationRequest) -> list[TokenDelta]:
    return [delta async for delta in engine.generate(request)]


def request(vocabulary: Vocabulary, text: str, voice: str = "", name: str = "1", **wanted: object) -> GenerationRequest:
    how = replace(Sampling(max_tokens=100), **wanted)  # type: ignore[arg-type]  # passed on as they came
    return GenerationRequest(name, vocabulary.encode(text, ROOM), how, voice)


def spelt(vocabulary: Vocabulary, deltas: Sequence[TokenDelta]) -> str:
    return vocabulary.decode([delta.token for delta in deltas if delta.token is not None])


def asked(vocabulary: Vocabulary, text: grammar.Text, voice: str, name: str) -> GenerationRequest:
    tokens = vocabulary.encode(text.prompt, ROOM)
    return GenerationRequest(name, tokens, Sampling(max_tokens=100), voice)


@pytest.mark.parametrize("voice", VOICES)
def test_every_answer_of_the_grammar_is_exact(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary, voice: str
):
    engine = start_engine(slots=16, queue_limit=1000)
    texts = grammar.examination(voice)

    async def answers() -> list[list[TokenDelta]]:
        rows = (asked(vocabulary, text, voice, str(index)) for index, text in enumerate(texts))
        return await asyncio.gather(*(collect(engine, row) for row in rows))

    made = asyncio.run(answers())
    assert [spelt(vocabulary, deltas) for deltas in made] == [text.answer for text in texts]
    assert {deltas[-1].finish for deltas in made} == {STOP}


programs = st.lists(
    st.tuples(
        st.sampled_from(VOICES),
        st.integers(0, len(grammar.examination()) - 1),
        st.integers(0, 6),  # tokens of this row before the next one comes
        st.booleans(),  # whether its caller leaves then
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=programs)
def test_rows_that_come_and_go_never_mix_their_adapters(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary, program: list[tuple[str, int, int, bool]]
):
    engine = start_engine(slots=3)

    async def run() -> list[tuple[grammar.Text, list[TokenDelta], bool]]:
        open_rows, told = [], []
        for number, (voice, index, head, leaves) in enumerate(program):
            text = grammar.examination(voice)[index]
            row = engine.generate(asked(vocabulary, text, voice, str(number)))
            begun: list[TokenDelta] = []
            told.append((text, begun, leaves))
            if head:
                await some(row, begun, head)
            if leaves:
                await row.aclose()  # type: ignore[attr-defined]  # it is a generator
            else:
                open_rows.append(asyncio.create_task(some(row, begun, 1000)))
        await asyncio.gather(*open_rows)
        return told

    for text, deltas, left in asyncio.run(run()):
        answer = spelt(vocabulary, deltas)
        assert text.answer.startswith(answer) if left else text.answer == answer
    engine.stop()


async def some(row: AsyncIterator[TokenDelta], into: list[TokenDelta], most: int) -> None:
    async for delta in row:
        into.append(delta)
        most -= 1
        if not most:
            return


def test_a_row_that_is_aborted_ends_and_its_place_is_free_by_the_next_step(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary
):
    engine = start_engine(slots=1)
    endless = GenerationRequest("endless", vocabulary.encode("Count", ROOM), LONG)

    async def run() -> tuple[list[TokenDelta], int, int]:
        first = engine.generate(endless)
        await anext(first)
        engine.abort("endless")
        steps = engine.steps
        rest = [delta async for delta in first]
        answer = engine.generate(request(vocabulary, "The colour of the sky is", name="next", max_tokens=1))
        await anext(answer)
        return rest, engine.steps - steps, engine.load_now.running

    rest, steps, running = asyncio.run(run())
    assert rest[-1] == TokenDelta(None, finish=ABORT)
    assert steps <= 2  # one that was under way, one that the new row came in
    assert running <= 1


def test_a_row_beyond_the_queue_is_refused(start_engine: Callable[..., LightEngine], vocabulary: Vocabulary):
    engine = start_engine(slots=1, queue_limit=1)
    endless = [GenerationRequest(str(number), vocabulary.encode("Count", ROOM), LONG) for number in range(3)]

    async def run() -> None:
        running = engine.generate(endless[0])
        await anext(running)
        waiting = asyncio.create_task(collect(engine, endless[1]))
        await asyncio.to_thread(until, lambda: engine.load_now.waiting == 1, "a waiting row")
        with pytest.raises(QueueFullError, match="1 requests are waiting"):
            await anext(engine.generate(endless[2]))
        urgent = replace(request(vocabulary, "The colour of the sky is", name="check"), urgent=True)
        assert spelt(vocabulary, await collect(engine, urgent)) == " blue."
        engine.abort("0")
        engine.abort("1")
        assert (await waiting)[-1].finish == ABORT

    asyncio.run(run())


def test_a_seed_gives_the_same_answer_whatever_else_runs_and_another_seed_another(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary
):
    engine = start_engine(slots=8)
    hot = {"temperature": 3.0, "max_tokens": 30, "ignore_eos": True}

    async def run() -> tuple[list[TokenDelta], ...]:
        alone = await collect(engine, request(vocabulary, "The sky", seed=7, **hot))
        beside = [request(vocabulary, "The sky", name=str(seed), seed=seed, **hot) for seed in (7, 8, 9)]
        return alone, *await asyncio.gather(*(collect(engine, row) for row in beside))

    alone, same, *others = (spelt(vocabulary, deltas) for deltas in asyncio.run(run()))
    assert alone == same
    assert len({alone, *others}) == 3


def test_logprobs_are_those_of_the_whole_vocabulary(start_engine: Callable[..., LightEngine], vocabulary: Vocabulary):
    engine = start_engine()
    row = request(vocabulary, "The colour of the sky is", logprobs=vocabulary.size)
    for delta in asyncio.run(collect(engine, row)):
        assert sum(np.exp([logprob for _, logprob in delta.top])) == pytest.approx(1)
        assert delta.top[0] == (delta.token, delta.logprob)


def test_a_step_computes_what_reading_the_whole_text_computes(vocabulary: Vocabulary):
    """The cache, against none: the logprob of an answer is the sum over its tokens either way."""
    measures = config.read(SAMPLE_FOLDER)
    model = llama.Llama(measures, llama.read(SAMPLE_FOLDER), 2)
    tokens = np.array(vocabulary.encode("Count from 15: 15 16 17", ROOM))
    cached = [model.prefill(1, tokens[:4], None)]
    for position, token in enumerate(tokens[4:], start=4):
        cached.append(model.step(np.array([0, token]), np.array([0, position]), None)[1])
    read = [model.prefill(0, tokens[:length], None) for length in range(4, len(tokens) + 1)]
    pairs = list(zip(cached, tokens[4:], strict=False)), list(zip(read, tokens[4:], strict=False))
    sums = [sum(sampling.log_softmax(logits)[token] for logits, token in pair) for pair in pairs]
    assert sums[0] == pytest.approx(sums[1], abs=1e-3)
    assert np.allclose(cached, read, atol=1e-3)


def test_a_row_ends_at_its_length_and_at_the_end_of_the_context(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary
):
    engine = start_engine()
    short = asyncio.run(collect(engine, request(vocabulary, "Count from 1:", max_tokens=3)))
    assert (spelt(vocabulary, short), short[-1].finish) == (" 1 2 3", LENGTH)
    almost = GenerationRequest("2", vocabulary.encode("Count", ROOM) * 1023, LONG)
    full = asyncio.run(collect(engine, almost))
    assert len(almost.prompt) + len(full) == ROOM
    assert full[-1].finish == LENGTH


def test_an_adapter_that_is_unloaded_in_use_finishes_its_answer_and_is_gone_for_the_next(
    start_engine: Callable[..., LightEngine], vocabulary: Vocabulary
):
    engine = start_engine()
    text = grammar.counting(1, "alpha")

    async def run() -> str:
        row = engine.generate(asked(vocabulary, text, "alpha", "1"))
        begun = [await anext(row)]
        engine.unload_adapter("alpha")
        with pytest.raises(UnknownAdapterError, match="no adapter is named 'alpha'"):
            await anext(engine.generate(asked(vocabulary, text, "alpha", "2")))
        beside = await collect(engine, asked(vocabulary, grammar.statement("sky", "beta"), "beta", "3"))
        assert spelt(vocabulary, beside) == " beta."
        return spelt(vocabulary, begun + [delta async for delta in row])

    assert asyncio.run(run()) == text.answer
    assert engine.adapters() == ("beta",)


def test_an_adapter_that_cannot_be_used_is_refused_with_a_reason(start_engine: Callable[..., LightEngine]):
    engine = start_engine()
    with pytest.raises(AdapterError, match="is loaded already"):
        engine.load_adapter("alpha", SAMPLE_FOLDER / "adapters" / "alpha")
    with pytest.raises(AdapterError, match=r"no adapter_config\.json"):
        engine.load_adapter("gamma", SAMPLE_FOLDER / "adapters")
