"""The options of the payload: one source at a time, and nothing silently left out."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import Order, Payloads
from seatrial.loadgen.payload.options import add_arguments, from_arguments

if TYPE_CHECKING:
    from pathlib import Path


def read(*words: str, **more: object) -> Payloads | None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_arguments(parser)
    return from_arguments(parser.parse_args(words), seed=1, **more)  # type: ignore[arg-type]


def test_without_a_source_there_is_nothing_and_the_target_is_probed():
    assert read() is None
    assert read("--stream", "--model", "m") is None


def test_each_source_is_reached(tmp_path: Path):
    data = tmp_path / "d.jsonl"
    data.write_text("[1]\n[2]\n")
    (tmp_path / "p.py").write_text(
        "class P:\n @classmethod\n def for_test(cls): return cls()\n"
        " @classmethod\n def from_json_msg(cls, message): return cls()\n"
        " def generate_payload_json(self): return {'x': 1}\n def count_workload(self): return 3\n"
    )

    def made(*words: str) -> Payloads:
        payloads = read(*words)
        assert payloads is not None
        return payloads

    assert made("--body", str(data), "--content-type", "a/b").media == ("a/b",)
    assert made("--dataset", str(data), "--dataset-order", "random").order is Order.RANDOM
    assert made("--rows", "2", "--features", "3", "--rows-type", "csv", "--distinct", "4").media == ("text/csv",) * 4
    assert len(made("--prompt-tokens", "5", "--max-tokens", "2", "--prompts", "6")) == 6
    assert made("--payload", f"{tmp_path}/p.py:P").workload.tolist() == [3] * 100
    assert len(made("--payload", f"{tmp_path}/p.py:P", "--dataset", str(data))) == 2


def test_standard_input_is_a_body():
    payloads = read("--body", "-", stdin=io.BytesIO(b"[1]"))
    assert payloads is not None
    assert payloads.bodies == (b"[1]",)


def test_a_stream_can_be_expected_of_every_source():
    payloads = read("--rows", "1", "--features", "1", "--stream")
    assert payloads is not None
    assert payloads.streams


@pytest.mark.parametrize(
    ("words", "asked", "model"),
    [
        (("--api", "chat"), True, "served"),
        (("--api", "completions", "--model", "mine"), False, "mine"),
        (("--api", "invocations"), False, None),
        ((), False, None),
    ],
)
def test_the_server_is_asked_for_its_model_where_the_api_needs_one(
    words: tuple[str, ...], asked: bool, model: str | None
):
    calls = []

    def ask() -> str:
        calls.append(1)
        return "served"

    payloads = read("--prompt-tokens", "5", "--max-tokens", "2", *words, ask_model=ask)
    assert payloads is not None
    assert json.loads(payloads.bodies[0]).get("model") == model
    assert bool(calls) is asked


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--body a --dataset b", "--body and --dataset both say what is sent"),
        ("--rows 1 --features 1 --prompt-tokens 1 --max-tokens 1", "--rows and --prompt-tokens both say"),
        ("--rows 0 --body a", "--body and --rows both say"),
        ("--features 3", "--features goes with --rows"),
        ("--content-type text/csv", "--content-type goes with --body or --dataset"),
        ("--rows 1 --features 1 --api chat", "--api goes with --prompt-tokens"),
        ("--rows 1", "--rows needs --features beside it"),
        ("--prompt-tokens 1", "--prompt-tokens needs --max-tokens beside it"),
        ("--rows 0 --features 1", "--rows 0: expected a whole number from 1"),
        ("--rows 1 --features 1 --distinct 0", "--distinct 0: expected"),
        ("--prompt-tokens 1 --max-tokens -1", "--max-tokens -1: expected"),
        ("--rows 1 --features 1 --model m", "--model has no meaning beside --rows"),
        ("--dataset a --payload b:C --distinct 3", "--distinct has no meaning where --dataset feeds --payload"),
        ("--dataset a --payload b:C --content-type a/b", "--content-type has no meaning where"),
        ("--dataset a --distinct 3", "--distinct goes with --rows or --prompt-tokens or --payload"),
    ],
)
def test_options_that_do_not_go_together_are_told(words: str, message: str):
    with pytest.raises(UsageError, match=message):
        read(*words.split())
