"""Rows for predictive models and prompts for language models, made before the run."""

from __future__ import annotations

import csv
import io
import json

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.how_many import how_many
from seatrial.loadgen.payload.prompts import WORDS, Api, from_prompts
from seatrial.loadgen.payload.rows import RowsType, from_rows


def test_rows_as_json_are_instances_of_the_asked_shape():
    payloads = from_rows(4, 8, kind=RowsType.JSON, seed=1, count=3)
    tables = [json.loads(body)["instances"] for body in payloads.bodies]
    assert [[len(row) for row in table] for table in tables] == [[8] * 4] * 3
    assert all(0 <= value <= 1 for table in tables for row in table for value in row)
    assert payloads.workload.tolist() == [4, 4, 4]
    assert payloads.media == ("application/json",) * 3
    assert payloads.title == "4 rows of 8 numbers as JSON instances, 3 different bodies"


def test_rows_as_csv_hold_the_same_numbers_without_a_header():
    as_json = from_rows(2, 5, kind=RowsType.JSON, seed=1, count=1)
    as_csv = from_rows(2, 5, kind=RowsType.CSV, seed=1, count=1)
    rows = [[float(field) for field in row] for row in csv.reader(io.StringIO(as_csv.bodies[0].decode()))]
    assert rows == json.loads(as_json.bodies[0])["instances"]
    assert as_csv.media == ("text/csv",)


def test_one_seed_makes_one_set_of_bodies_and_another_seed_another():
    assert from_rows(1, 3, kind=RowsType.CSV, seed=1).bodies == from_rows(1, 3, kind=RowsType.CSV, seed=1).bodies
    assert from_rows(1, 3, kind=RowsType.CSV, seed=1).bodies != from_rows(1, 3, kind=RowsType.CSV, seed=2).bodies
    prompts = [from_prompts(9, 1, api=Api.CHAT, seed=seed).bodies for seed in (1, 1, 2)]
    assert prompts[0] == prompts[1] != prompts[2]


@pytest.mark.parametrize(
    ("api", "path", "text"),
    [
        (Api.COMPLETIONS, "/v1/completions", lambda body: body["prompt"]),
        (Api.CHAT, "/v1/chat/completions", lambda body: body["messages"][0]["content"]),
        (Api.INVOCATIONS, "", lambda body: body["inputs"]),
    ],
)
def test_prompts_have_their_length_and_differ_in_every_api(api: Api, path: str, text):  # noqa: ANN001 - a lambda
    payloads = from_prompts(64, 16, api=api, seed=5, count=20)
    prompts = [text(json.loads(body)) for body in payloads.bodies]
    assert {len(prompt.split()) for prompt in prompts} == {64}
    assert len(set(prompts)) == 20
    assert payloads.path == path
    assert payloads.workload.tolist() == [16] * 20


def test_a_stream_is_asked_for_and_openai_s_apis_are_asked_for_usage():
    chat = from_prompts(4, 16, api=Api.CHAT, seed=5, stream=True, model="m", count=1)
    body = json.loads(chat.bodies[0])
    assert chat.streams
    assert (body["stream"], body["stream_options"], body["model"]) == (True, {"include_usage": True}, "m")
    assert body["max_tokens"] == 16
    own = json.loads(from_prompts(4, 16, api=Api.INVOCATIONS, seed=5, stream=True, count=1).bodies[0])
    assert own.keys() == {"inputs", "parameters", "stream"}
    assert own["parameters"] == {"max_new_tokens": 16}


def test_an_answer_that_is_no_stream_is_not_asked_to_be_one():
    payloads = from_prompts(4, 16, api=Api.CHAT, seed=5, count=1)
    assert not payloads.streams
    assert json.loads(payloads.bodies[0]).keys() == {"messages", "max_tokens"}


def test_prompts_differ_even_where_nearly_all_of_a_length_are_asked_for():
    every = from_prompts(1, 1, api=Api.COMPLETIONS, seed=0, count=len(WORDS))
    assert len(set(every.bodies)) == len(WORDS)


def test_more_different_prompts_than_there_are_cannot_be_made():
    with pytest.raises(UsageError, match=f"--distinct {len(WORDS) + 1}: there are only {len(WORDS)} different"):
        from_prompts(1, 1, api=Api.COMPLETIONS, seed=0, count=len(WORDS) + 1)


def test_large_bodies_are_made_fewer_times():
    assert how_many(None, 100) == 100
    assert how_many(None, 1_000_000) == 10
    assert how_many(None, 10**9) == 1
    assert how_many(7, 10**9) == 7


@pytest.mark.parametrize("shape", [(0, 1, None), (1, 0, None), (1, 1, 0)])
def test_nothing_can_be_made_of_nothing(shape: tuple[int, int, int | None]):
    with pytest.raises(UsageError, match="expected a whole number from 1"):
        from_rows(shape[0], shape[1], kind=RowsType.CSV, seed=0, count=shape[2])
