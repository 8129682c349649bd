"""`result.json`: faithful, described by its schema, and refused in one sentence where it is something else."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from seatrial.conformance.verdict import Word
from seatrial.reports import describe
from seatrial.reports.json_report import ResultFileError, read_result, result_json
from seatrial.reports.scrub import scrub

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.result import TrialResult

SCHEMA = json.loads(describe.PATH.read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def errors(document: Any) -> list[str]:
    return [e.message for e in VALIDATOR.iter_errors(document)]


@pytest.fixture(scope="module")
def document(loopback: TrialResult):
    broken = replace(loopback, verdicts=loopback.of(Word.FAIL))
    return first_of_each(json.loads(result_json(broken)))


def first_of_each(node: Any) -> Any:
    """The document with one entry in each list: as much as a schema has to say, checked in no time."""
    if isinstance(node, list):
        return [first_of_each(x) for x in node[:1]]
    return {k: first_of_each(v) for k, v in node.items()} if isinstance(node, dict) else node


def test_the_schema_is_sound_and_in_step_with_the_types():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert form(SCHEMA) == form(describe.schema()), "run `python -m seatrial.reports.describe`"


def form(node: Any) -> Any:
    """A schema without its descriptions: rewording a docstring does not make it wrong."""
    if isinstance(node, list):
        return [form(x) for x in node]
    if not isinstance(node, dict):
        return node
    return {k: form(v) for k, v in node.items() if not (k == "description" and isinstance(v, str))}


def test_a_real_result_fits_the_schema(any_trial: TrialResult):
    assert errors(json.loads(result_json(scrub(any_trial)))) == []


def test_a_result_comes_back_as_the_value_that_was_written(any_trial: TrialResult, tmp_path: Path):
    path = tmp_path / "result.json"
    path.write_bytes(result_json(any_trial))
    assert read_result(path) == any_trial


def test_the_same_trial_writes_the_same_bytes(certified: TrialResult):
    assert result_json(certified) == result_json(certified)


def places(node: Any, path: Any = ()):
    """Every object of a document, by its path; of a list only the first entry."""
    if isinstance(node, dict):
        yield path
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list) and node:
        yield from places(node[0], (*path, 0))


def at(document: Any, path: Any):
    for step in path:
        document = document[step]
    return document


def test_the_schema_rejects_a_missing_and_a_foreign_key_wherever_they_are(document: Any):
    for path in places(document):
        foreign = deepcopy(document)
        at(foreign, path)["nonsense"] = 1
        assert errors(foreign) or path[-1:] == ("limit",), f"a foreign key in {path} passes"
        for key in at(document, path):
            if path[:1] == ("replays",) or path[-1:] == ("limit",):
                continue
            missing = deepcopy(document)
            del at(missing, path)[key]
            assert errors(missing), f"{path} without {key} passes"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("grade",), "excellent"),
        (("exit_code",), -1),
        (("verdicts", 0, "word"), "MAYBE"),
        (("verdicts", 0, "level"), "must"),
        (("verdicts", 0, "clause"), "Ping Answers"),
        (("verdicts", 0, "proof"), None),
        (("counts", "PASS"), -1),
        (("replays",), {"port.not-loopback": ["../../etc"]}),
        (("facts", "subject", "image", "size_bytes"), -5),
        (("launches", 0, "boot", "end"), "sunk"),
        (("breakdown", "total"), "long"),
        (("diagnoses", 0, "id"), "Loopback Bind"),
    ],
)
def test_the_schema_rejects_a_damaged_value(document: Any, path: Any, value: Any):
    damaged = deepcopy(document)
    at(damaged, path[:-1])[path[-1]] = value
    assert errors(damaged)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not the result of a trial"),
        (b'{"format": 99}', "has the format 99, expected 1"),
        (b'{"format": 1}', "is not the result of a trial"),
    ],
)
def test_what_is_no_result_is_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str):
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(ResultFileError, match=says) as caught:
        read_result(path)
    assert str(path) in str(caught.value)


def test_a_result_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path):
    with pytest.raises(ResultFileError, match="cannot be read"):
        read_result(tmp_path / "result.json")
