"""`--json`: faithful, described by its schema, and refused in one sentence where it is something else."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.render import describe
from seatrial.loadgen.render.json_report import json_report, read_result
from seatrial.loadgen.render.scrub import scrub

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]

SCHEMA = json.loads(describe.PATH.read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def errors(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def first_of_each(node: Any) -> Any:
    """The document with one entry in each list: as much as a schema has to say, checked in no time."""
    if isinstance(node, list):
        pair = len(node) == 2 and isinstance(node[0], float)
        return node if pair else [first_of_each(x) for x in node[:1]]
    return {k: first_of_each(v) for k, v in node.items()} if isinstance(node, dict) else node


@pytest.fixture(scope="module")
def document(runs: Runs) -> Any:
    return first_of_each(json.loads(json_report(runs["streamed"][0])))


def form(node: Any) -> Any:
    """A schema without its descriptions: rewording a docstring does not make it wrong."""
    if isinstance(node, list):
        return [form(x) for x in node]
    if not isinstance(node, dict):
        return node
    return {k: form(v) for k, v in node.items() if not (k == "description" and isinstance(v, str))}


def test_the_schema_is_sound_and_in_step_with_the_types():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert form(SCHEMA) == form(describe.schema()), "run `python -m seatrial.loadgen.render.describe`"


def test_a_real_result_fits_the_schema(any_run: tuple[Result, Observed]):
    assert errors(json.loads(json_report(scrub(any_run[0])))) == []


def test_a_result_comes_back_as_the_value_that_was_written(any_run: tuple[Result, Observed], tmp_path: Path):
    result = scrub(any_run[0])
    path = tmp_path / "run.json"
    path.write_bytes(json_report(result))
    assert read_result(path) == result


def test_the_points_of_curves_stand_on_one_line_each(runs: Runs):
    result = runs["met"][0]
    lines = json_report(result).decode().splitlines()
    assert result.service is not None
    assert sum(line.strip().startswith("[") and line.rstrip(",").endswith("]") for line in lines) >= len(
        result.service.cdf
    )
    assert json.loads(json_report(result))["service"]["cdf"][0] == list(result.service.cdf[0])


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
    free, seen = {"points", "statuses"}, set()
    for path in places(document):
        kind = tuple(at(document, path))
        if free & set(path[-1:]) or kind in seen:
            continue
        seen.add(kind)
        foreign = deepcopy(document)
        at(foreign, path)["nonsense"] = 1
        assert not VALIDATOR.is_valid(foreign), f"a foreign key in {path} passes"
        for key in at(document, path):
            missing = deepcopy(document)
            del at(missing, path)[key]
            assert not VALIDATOR.is_valid(missing), f"{path} without {key} passes"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("verdict",), "fine"),
        (("rate", "asked"), -1),
        (("requests", "failed"), -1),
        (("requests", "due"), 1.5),
        (("goodput", "share"), 1.1),
        (("service", "points", "p50", "value"), "5 ms"),
        (("service", "cdf", 0), [1.0]),
        (("series", 0, "p99"), "slow"),
        (("fitness", "cpu"), None),
        (("gpus", 0, "use_high"), 97),
        (("facts", "open_loop"), "yes"),
    ],
)
def test_the_schema_rejects_a_damaged_value(document: Any, path: Any, value: Any):
    damaged = deepcopy(document)
    at(damaged, path[:-1])[path[-1]] = value
    assert errors(document) == []
    assert errors(damaged)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not the result of a load test"),
        (b'{"format": 1}', "is not the result of a load test"),
        (b'{"schema": 99, "verdict": "met"}', "has the schema 99, expected 1"),
        (b'{"schema": 1, "verdict": "met"}', "is not the result of a load test"),
    ],
)
def test_what_is_no_result_is_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        read_result(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_result_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_result(tmp_path / "run.json")
