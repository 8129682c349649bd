"""`--dataset`: envelopes and bare bodies, weights and order, and where a mistake is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import Order, Payloads
from seatrial.loadgen.payload.dataset import from_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Payloads]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(text: str | bytes, **options: object) -> Payloads:
        path = tmp_path / "data.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return from_dataset(path, **options)  # type: ignore[arg-type]

    return write_and_read


def test_an_envelope_says_everything_of_a_request(read: Read):
    payloads = read(
        '{"body": {"x": 1}, "expect": {"y": [1.5]}, "id": "first", "workload": 20}\n'
        '{"body": "1,2\\n", "content_type": "text/csv", "id": 7}\n'
    )
    assert payloads.bodies == (b'{"x": 1}', b"1,2\n")
    assert payloads.media == ("application/json", "text/csv")
    assert payloads.workload.tolist() == [20, 1]
    assert payloads.expected == (b'{"y": [1.5]}', None)
    assert payloads.ids == ("first", "7")
    assert payloads.title == "2 requests of data.jsonl, in order"


def test_a_line_that_is_no_envelope_is_the_body_to_the_byte(read: Read):
    payloads = read('{"inputs":  "é", "big": 123456789012345678901234567890, "f": 1e400}\n[[1.0, 2]]\n"text"\n3\n')
    assert payloads.bodies[0] == '{"inputs":  "é", "big": 123456789012345678901234567890, "f": 1e400}'.encode()
    assert payloads.bodies[1:3] == (b"[[1.0, 2]]", b"text")
    assert payloads.expected is None
    assert payloads.ids is None
    assert payloads.weights is None


def test_empty_lines_a_byte_order_mark_and_windows_line_ends_are_no_matter(read: Read):
    assert read(b'\xef\xbb\xbf{"a":1}\r\n\r\n  \n{"a":2}').bodies == (b'{"a":1}', b'{"a":2}')


def test_weights_make_the_order_random(read: Read):
    payloads = read('{"body": 1, "weight": 3}\n{"body": 2}\n{"body": 4, "weight": 0}\n')
    assert payloads.order is Order.RANDOM
    assert payloads.weights is not None
    assert payloads.weights.tolist() == [3, 1, 0]
    assert payloads.title == "3 requests of data.jsonl, in random order"


def test_an_order_can_be_asked_for(read: Read):
    assert read("1\n2\n").order is Order.SEQUENTIAL
    assert read("1\n2\n", order=Order.RANDOM).order is Order.RANDOM


def test_a_sequence_cannot_keep_weights(read: Read):
    with pytest.raises(UsageError, match=r"data\.jsonl, line 2 has a weight, which --dataset-order sequential"):
        read('1\n{"body": 2, "weight": 2}\n', order=Order.SEQUENTIAL)


def test_an_expectation_of_null_is_none(read: Read):
    assert read('{"body": 1, "expect": null}\n').expected is None
    assert read('{"body": 1, "expect": null}\n{"body": 1, "expect": 0}\n').expected == (None, b"0")


def test_the_content_type_option_is_for_lines_without_one(read: Read):
    lines = '"1,2"\n{"body": "x", "content_type": "text/plain"}\n'
    assert read(lines, content_type="text/csv").media == ("text/csv", "text/plain")


def test_a_line_that_asks_for_a_stream_is_seen(read: Read):
    assert read('{"prompt": "a"}\n{"prompt": "b", "stream": true}\n').streams


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a": }\n', r"data\.jsonl, line 2 is no JSON"),
        ("[1]\n\n[1,\n", r"data\.jsonl, line 3 is no JSON"),
        ("hello\n", "line 1 is no JSON"),
        ('{"body": 1, "wieght": 2}\n', r"line 1: Object contains unknown field `wieght`; beside `body` .*weight"),
        ('{"body": 1, "weight": "2"}\n', r"line 1: Expected .*float.* got `str` - at `the line\.weight`"),
        ('{"body": 1, "weight": -2}\n', "line 1: `weight` is -2; it must be a number from 0"),
        ('{"body": 1, "weight": 0}\n', "every weight is 0"),
        ('{"body": 1, "workload": -1}\n', "line 1: `workload` is -1"),
        ('{"body": 1, "content_type": "x"}\n', "line 1: 'x' is no media type"),
        ('{"body": 1, "id": "a"}\n{"body": 1, "id": "a"}\n', "line 2: the id 'a' is that of line 1"),
        ('{"body": "\\ud800"}\n', "line 1 is no JSON"),
        ("\n \n", "holds no request"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(read: Read, text: str, message: str):
    with pytest.raises(UsageError, match=message):
        read(text)


def test_bytes_that_are_no_text_are_told_with_file_and_line(read: Read):
    with pytest.raises(UsageError, match=r"data\.jsonl, line 2 is no JSON"):
        read(b'{"a": 1}\n{"a": "\xff"}\n')


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(UsageError, match=r"--dataset .*nope\.jsonl cannot be read \(No such file"):
        from_dataset(tmp_path / "nope.jsonl")
