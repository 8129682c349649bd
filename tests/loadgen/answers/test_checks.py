"""What is equal, what a path asks for, which status is good, and the options that say so."""

from __future__ import annotations

import argparse
import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.loadgen.answers import Checks, fault_of_status, faults_of_statuses
from seatrial.loadgen.answers.excerpt import excerpt
from seatrial.loadgen.answers.expectation import NOT_JSON, Expectation, decoded, same
from seatrial.loadgen.answers.options import add_arguments, from_arguments
from seatrial.loadgen.answers.paths import PathCheck
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_every_value_equals_itself(value: Any):
    assert same(value, copy.deepcopy(value))


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        (1.0, 1.0000009, True),
        (1.0, 1.000002, False),
        (1e6, 1e6 + 0.9, True),
        (0.0, 1e-10, True),
        (0.0, 1e-8, False),
        (1e-7, 2e-7, False),
        (1, 1.0, True),
        (10**17, 10**17 + 1, False),
        (10**400, 1.0, False),
        (True, 1, False),
        (False, 0, False),
        (None, 0, False),
        ("1", 1, False),
        ([1, 2], [1, 2.0000001], True),
        ([1, 2], [1], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": [0.3]}, {"a": [0.1 + 0.2]}, True),
        ([], {}, False),
    ],
)
def test_numbers_may_differ_by_a_millionth_and_nothing_else_may(expected: Any, found: Any, equal: bool):
    assert same(expected, found) is equal


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"", b"{", b"\xff", b"[" * 100_000, b"1 2", b'{"a": 1,}'])
def test_what_is_no_json_is_seen(body: bytes):
    assert decoded(body) is NOT_JSON


@pytest.mark.parametrize("body", [b'"\\ud83d"', b"1e400", b"null", b" [1] "])
def test_what_is_json_is_read_even_where_it_is_odd(body: bytes):
    assert decoded(body) is not NOT_JSON


@pytest.mark.parametrize(
    ("expectation", "body", "met"),
    [
        (Expectation.of_json(b'{"y": [0.1]}'), b' {"y":[0.10000000001]}\n', True),
        (Expectation.of_json(b"9.5"), b"9.5", True),
        (Expectation.of_json(b"9.5"), b"nine", False),
        (Expectation.of_json(b'"9.5\\n"'), b"9.5\n", True),
        (Expectation.of_json(b'"yes"'), b'"yes"', True),
        (Expectation.of_json(b'"yes"'), b"yes\n", False),
        (Expectation.of_file(b"[1, 2]", "f"), b"[1.0,2.0]", True),
        (Expectation.of_file(b"1,2\n", "f"), b"1,2\n", True),
        (Expectation.of_file(b"1,2\n", "f"), b"1,2", False),
        (Expectation.of_file(b"\x89PNG", "f"), b"\x89PNG", True),
        (Expectation.of_file(b"\x89PNG", "f"), b"\x89PNX", False),
    ],
)
def test_json_is_compared_by_value_and_everything_else_by_its_bytes(expectation: Expectation, body: bytes, met: bool):
    assert expectation.met_by(body) is met


DOCUMENT = {"predictions": [{"score": 0.5, "label": "cat"}, None], "a.b": {"c=d": 1}, "ok": True, "0": "zero"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("predictions", ""),
        ("predictions.0.score", ""),
        ("predictions.1", ""),
        ("predictions.0.score=0.50000001", ""),
        ("predictions.0.label=cat", ""),
        ('predictions.0.label="cat"', ""),
        ("predictions.1=null", ""),
        ("ok=true", ""),
        (r"a\.b.c\=d=1", ""),
        ("0=zero", ""),
        ("predictions.2", "no predictions.2"),
        ("predictions.-1", "no predictions.-1"),
        ("predictions.0.score.x", "no predictions.0.score.x"),
        ("nothing.here", "no nothing"),
        ("ok=1", "ok is 'True', expected '1'"),
        ("predictions.0.label=dog", "predictions.0.label is 'cat', expected 'dog'"),
    ],
)
def test_a_path_asks_for_a_place_and_a_value_asks_for_more(text: str, complaint: str):
    assert PathCheck.parse(text).complaint(DOCUMENT) == complaint


def test_a_status_is_good_by_its_class_or_by_being_named():
    faults = faults_of_statuses()
    assert len(faults) == 1000
    seen = {status: Fault(faults[status]) for status in (200, 204, 299, 100, 302, 404, 429, 500, 599, 0, 600, 999)}
    assert [status for status, fault in seen.items() if fault is Fault.NONE] == [200, 204, 299]
    assert seen[302] is Fault.REDIRECT
    assert seen[404] is seen[429] is Fault.CLIENT_ERROR
    assert seen[500] is seen[599] is Fault.SERVER_ERROR
    assert seen[0] is seen[100] is seen[600] is seen[999] is Fault.BAD_HTTP
    assert fault_of_status(200, {204, 404}) is Fault.BAD_BODY
    assert fault_of_status(404, {204, 404}) is Fault.NONE
    assert fault_of_status(500, {204, 404}) is Fault.SERVER_ERROR


def test_an_excerpt_is_short_one_line_and_without_secrets():
    assert excerpt(b"a\n\t b\x00\xff", ()) == "a b \ufffd"
    assert excerpt("x" * 500, ()) == "x" * 159 + "…"
    assert excerpt("x" * 150 + "secret-key-0123456789", ("secret-key-0123456789",)) == "x" * 150 + "***"
    assert excerpt("x" * 155 + "secret-key-0123456789 and more", ("secret-key-0123456789",)) == "x" * 155 + "*** …"
    assert excerpt("Authorization: Bearer abcdefgh12345678", ()) == "Authorization: Bearer ***"
    assert excerpt("plain", ("",)) == "plain"


def read(*words: str, expected: tuple[bytes | None, ...] | None = None) -> Checks:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_arguments(parser)
    return from_arguments(parser.parse_args(words), expected)


def test_nothing_asked_is_nothing_checked_and_no_body_is_kept():
    assert read() == Checks()
    assert not read().read_bodies
    assert not read("--expect-status", "200,204").read_bodies


def test_each_option_is_reached(tmp_path: Path):
    (tmp_path / "right.json").write_bytes(b"[1]")
    checks = read(
        "--expect-status", "200, 204", "--expect-json", "a.b", "--expect-json", "c=1",
        "--expect-body", str(tmp_path / "right.json"), expected=(None, b'"x"'),
    )  # fmt: skip
    assert checks.statuses == {200, 204}
    assert [path.steps for path in checks.paths] == [("a", "b"), ("c",)]
    assert checks.body == Expectation(b"[1]", [1], "the body in right.json")
    assert checks.expected == (None, Expectation(b"x", "x", '"x"'))
    assert checks.read_bodies


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--expect-status", "ok"), "--expect-status ok: 'ok' is no status"),
        (("--expect-status", "200,"), "'' is no status; write some from 200 to 599"),
        (("--expect-status", "99"), "'99' is no status"),
        (("--expect-json", "a..b"), r"--expect-json a\.\.b: an empty step"),
        (("--expect-json", "=1"), "an empty step; write a dotted path"),
        (("--expect-body", "nope.json"), r"--expect-body nope\.json cannot be read \(No such file"),
    ],
)
def test_a_check_that_cannot_be_made_is_told(words: tuple[str, ...], message: str):
    with pytest.raises(UsageError, match=message):
        read(*words)
