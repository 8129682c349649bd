"""Judges streamed chats: their events, their chunks, and what these add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import NotApplicable, broken, clause, expect, observed
from seatrial.suites.openai.reasons import Reason
from seatrial.suites.openai.replies import Stream, json_of, misfits, served, stream_of, text_of
from seatrial.suites.openai.test_chats import adds_up
from seatrial.suites.openai.values import decoded, dig

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.openai.scenarios.chats import ChatsSeen

EVENTS = "text/event-stream"


@clause("openai.stream-events")
def test_stream_events(openai_chats: ChatsSeen) -> None:
    """A stream is server-sent events of JSON, the last of which says `[DONE]`."""
    for exchange in openai_chats.streamed:
        is_a_stream(exchange)


def is_a_stream(exchange: Exchange) -> Stream:
    """Expect server-sent events of JSON that end with `[DONE]`."""
    answer = exchange.answer
    expect(answer is not None and answer.ok, proof=exchange).to_be_true(
        reason=Reason.STREAM_REFUSED, expected='200 for "stream": true'
    )
    said = (answer and answer.header("content-type")) or "no Content-Type"
    expect(said.partition(";")[0].strip().lower(), said, proof=exchange).to_be(
        EVENTS, reason=Reason.STREAM_CONTENT_TYPE
    )
    stream = stream_of(exchange)
    expect(stream.utf8, "bytes that are no text", proof=exchange).to_be_true(
        reason=Reason.STREAM_EVENT_NOT_JSON, expected="UTF-8"
    )
    expect(len(stream.data), f"{len(stream.data)} events", proof=exchange).to_be_at_least(
        1, reason=Reason.STREAM_NO_EVENTS, expected="events, each a line `data: …` and a blank one"
    )
    for data in stream.data:
        expect(isinstance(decoded(data), dict), f"an event holds {data[:80]!r}", proof=exchange).to_be_true(
            reason=Reason.STREAM_EVENT_NOT_JSON, expected="a JSON object in every event"
        )
    expect(exchange.trouble is None, proof=exchange).to_be_true(
        reason=Reason.STREAM_CUT, expected="an answer that ends as HTTP says"
    )
    what = f"{stream.after} events after [DONE]" if stream.done else f"the last event holds {stream.data[-1][:80]!r}"
    expect(stream.done and not stream.after, what, proof=exchange).to_be_true(
        reason=Reason.STREAM_NOT_DONE, expected="`data: [DONE]` as the last event"
    )
    return stream


@clause("openai.chunk-schema")
def test_chunk_schema(openai_chats: ChatsSeen) -> None:
    """The client's published type takes every chunk as it is."""
    for exchange in (*openai_chats.streamed, openai_chats.counted):
        if exchange is openai_chats.counted and not exchange.ok:
            continue
        for data in stream_of(exchange).data:
            wrong = misfits("CHUNK", data)
            expect(wrong, wrong, proof=exchange).to_be_empty(
                reason=Reason.CHUNK_SCHEMA, expected="a ChatCompletionChunk in every event"
            )


@clause("openai.stream-one-answer")
def test_stream_one_answer(openai_chats: ChatsSeen) -> None:
    """Each chunk of a stream bears the same id, model and time."""
    for exchange in openai_chats.streamed:
        for name in ("id", "model", "created"):
            found = list(dict.fromkeys(str(dig(chunk, name)) for chunk in stream_of(exchange).chunks))
            expect(len(found), f"{name} is {', '.join(found[:3])}", proof=exchange).to_be(
                1, reason=Reason.CHUNKS_DIFFER, expected=f"one {name} in all chunks of a stream"
            )


@clause("openai.stream-role")
def test_stream_role(openai_chats: ChatsSeen) -> None:
    """The first delta says who speaks."""
    for exchange in openai_chats.streamed:
        first = next(iter(stream_of(exchange).choices()), None)
        role = dig(first, "delta", "role")
        expect(role, f"the role of the first delta is {role}", proof=exchange).to_be(
            "assistant", reason=Reason.STREAM_ROLE
        )


@clause("openai.stream-same-text")
def test_stream_same_text(openai_chats: ChatsSeen) -> None:
    """The deltas add up to the text of the answer in one piece."""
    text = repeated_text(openai_chats)
    streams = [stream_of(exchange).text() for exchange in openai_chats.streamed]
    if text not in streams:
        broken(
            Reason.STREAM_TEXT_DIFFERS, expected=f"{text[:120]!r}, as in one piece",
            observed=f"the deltas add up to {streams[0][:120]!r}",
            proof=(openai_chats.whole[0], openai_chats.streamed[0]),
        )  # fmt: skip
    observed(f"{len(text)} characters, the same in one piece and in {len(streams[0])} streamed")


def repeated_text(seen: ChatsSeen) -> str:
    """The text of the greedy answer in one piece.

    Raises:
        NotApplicable: it has none, or another one each time.
    """
    texts = [text_of(exchange) for exchange in seen.whole]
    if len(set(texts)) > 1:
        raise NotApplicable(f"greedy answers differ from call to call: {texts[0][:60]!r}, {texts[1][:60]!r}")
    if not texts[0]:
        raise NotApplicable("the answer holds no text")
    return texts[0]


@clause("openai.stream-finish")
def test_stream_finish(openai_chats: ChatsSeen) -> None:
    """The last chunk of a choice says, and only it, why the choice ends: as in one piece."""
    whole = openai_chats.whole[0]
    for exchange in openai_chats.streamed:
        stream = stream_of(exchange)
        said, last = stream.finishes(), dig(stream.choices(), -1, "finish_reason")
        expect(len(said) == 1 and last is not None, f"finish_reason is {said}", proof=exchange).to_be_true(
            reason=Reason.STREAM_FINISH_MISSING, expected="one finish_reason, in the last chunk of the choice"
        )
        usual = dig(json_of(whole), "choices", 0, "finish_reason")
        if stream.text() == text_of(whole):
            expect(last, f"finish_reason is {last}", proof=(whole, exchange)).to_be(
                usual, reason=Reason.STREAM_FINISH_DIFFERS, expected=f"{usual}, as in one piece"
            )


@clause("openai.stream-usage")
def test_stream_usage(openai_chats: ChatsSeen) -> None:
    """A stream that is asked for the sums of tokens tells them at its end, those of the answer in one piece."""
    counted, whole = openai_chats.counted, openai_chats.whole[0]
    served(counted, reason=Reason.STREAM_USAGE_MISSING, what="stream_options")
    stream = is_a_stream(counted)
    usage = stream.usage()
    expect(usage, f"the last chunk holds {stream.data[-1][:160]}", proof=counted).to_be_true(
        reason=Reason.STREAM_USAGE_MISSING, expected="a chunk with usage before [DONE]"
    )
    adds_up(usage, counted)
    usual = dig(json_of(whole), "usage")
    if usual and stream.text() == text_of(whole):
        mine, other = _sums(usage), _sums(usual)
        expect(mine, f"{mine} streamed, {other} in one piece", proof=(whole, counted)).to_be(
            other, reason=Reason.STREAM_USAGE_DIFFERS, expected="the same sums for the same answer"
        )


def _sums(usage: Any) -> tuple[Any, ...]:
    return tuple(dig(usage, f"{name}_tokens") for name in ("prompt", "completion", "total"))
