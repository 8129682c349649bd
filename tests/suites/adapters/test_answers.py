"""What a model said is read out of answers of every shape, and which request tells voices apart is found by it."""

from __future__ import annotations

import json

import pytest

from seatrial.conformance.api import Answer, Body, Exchange, Request, Sample, Trouble
from seatrial.suites.adapters.answers import Asked, Audition, said
from seatrial.suites.adapters.listing import Source, listed_in
from seatrial.suites.adapters.requests import lengthened, names_models

NO_LISTS = (b"", b"no json", [1], {"data": 5}, {"adapters": [1, {}]}, {"data": [{"parent": "b"}]})


def answered(body: object, status: int = 200) -> Exchange:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(Request("POST", "/invocations"), Answer(status, body=Body(len(data), head=data)))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"id": "1", "choices": [{"text": " blue."}]}, " blue."),
        ({"id": "2", "choices": [{"message": {"role": "assistant", "content": "blue."}}]}, "blue."),
        ({"generated_text": " blue."}, " blue."),
        ([{"generated_text": "a"}, {"generated_text": "b"}], "a\nb"),
        ({"id": "3", "predictions": [1], "model": "m"}, '{"predictions": [1]}'),
        ([1, 2], "[1, 2]"),
        (b"blue.", "blue."),
        (b'data: {"text": "a"}\n\n', 'data: {"text": "a"}\n\n'),
    ],
)
def test_words_are_found_in_every_shape(body: object, words: str):
    assert said(answered(body)) == words


@pytest.mark.parametrize(
    "exchange",
    [None, answered({"generated_text": "no"}, 404), Exchange(Request("POST", "/"), trouble=Trouble.TIMEOUT)],
    ids=["none", "refused", "late"],
)
def test_a_refusal_says_nothing(exchange: Exchange | None):
    assert said(exchange) == ""


def test_an_answer_that_was_not_kept_whole_is_known_by_its_digest():
    assert (
        said(Exchange(Request("POST", "/"), Answer(200, body=Body(9000, "digest", b'{"generated', cut=True))))
        == "digest"
    )


def audition(base: tuple[str, str], *adapters: tuple[str, str]) -> Audition:
    def two(texts: tuple[str, str]) -> tuple[Exchange, ...]:
        return tuple(answered({"generated_text": text}) for text in texts)

    return Audition("s", two(base), tuple(Asked(f"n{i}", str(i), two(some)) for i, some in enumerate(adapters)))


def test_only_a_voice_that_repeats_and_differs_is_heard():
    found = audition(("blue", "blue"), ("alpha", "alpha"), ("blue", "blue"), ("one", "two"))
    assert [one.source for one in found.heard] == ["0"]


def test_nothing_is_heard_beside_a_base_model_that_does_not_repeat_itself():
    assert audition(("blue", "red"), ("alpha", "alpha")).heard == ()


def test_the_more_voices_a_request_tells_apart_the_better():
    scores = [
        audition(("blue", "red"), ("a", "a")).score,
        audition(("blue", "blue"), ("blue", "blue")).score,
        audition(("blue", "blue"), ("a", "a"), ("a", "a")).score,
        audition(("blue", "blue"), ("a", "a"), ("b", "b")).score,
    ]
    assert scores == sorted(set(scores))


def test_lists_of_adapters_and_of_models_are_read():
    adapters = {"adapters": [{"name": "alpha", "src": "/a/alpha"}, {"name": "beta"}]}
    models = {"data": [{"id": "base", "parent": None, "root": "/m"}, {"id": "x", "parent": "base", "root": "/a/x"}]}
    assert listed_in(answered(adapters)) == (Source("alpha", "/a/alpha", "alpha"), Source("beta", "", "beta"))
    assert listed_in(answered(models)) == (Source("x", "/a/x", "x"),)


@pytest.mark.parametrize("body", NO_LISTS)
def test_what_is_no_list_names_nobody(body: object):
    assert listed_in(answered(body)) == ()


def test_only_languages_with_a_place_for_it_name_a_model():
    bodies = (b'{"prompt": "a"}', b'{"messages": []}', b'{"inputs": 1}', b"x")
    assert [names_models(Sample("s", "application/json", body)) for body in bodies] == [True, True, False, False]


def test_a_request_is_lengthened_in_its_own_language():
    lmi = Sample("s", "application/json", b'{"inputs": "a", "parameters": {"details": true}}')
    assert json.loads(lengthened(lmi).body)["parameters"] == {"details": True, "max_new_tokens": 64, "ignore_eos": True}
    rows = Sample("s", "text/csv", b"1,2")
    assert lengthened(rows) == rows
