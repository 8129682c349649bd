"""What is read of the load generator's JSON, and what becomes of a run that was INVALID."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from support.benches import ECHO
from support.ports import free_port
from support.waiting import wait_until

from seatrial.conformance.bench import load
from seatrial.conformance.bench.figures import step_of
from seatrial.conformance.bench.generator import Ended
from seatrial.conformance.bench.load import Interval, Load, Search, read
from seatrial.conformance.bench.result import Change, Comparison, Outcome, Performance, Step
from seatrial.conformance.bench.session import exit_code
from seatrial.conformance.subject.launcher import EngineError
from seatrial.reports.performance.describe import PATH, schema_json
from seatrial.reports.performance.terminal import performance_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLISHED = msgspec.json.decode(
    (Path(__file__).resolve().parents[3] / "loadgen" / "schema" / "load.schema.json").read_bytes()
)


@pytest.fixture(scope="module")
def invalid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """What the load generator wrote of a rate that no client of one process keeps."""
    port, path = free_port(), tmp_path_factory.mktemp("invalid") / "load.json"
    server = subprocess.Popen(ECHO.format(port=port).split(), stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), "the server")
        words = ("-e", f"http://127.0.0.1:{port}", "-rps", "200000", "-d", "2", "--timeout", "2", "--quiet")
        command = [sys.executable, "-m", "seatrial.loadgen", *words, "--json", str(path)]
        assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 3
        yield path.read_bytes()
    finally:
        server.kill()
        server.wait()


def test_an_invalid_run_is_said_and_has_no_number(invalid: bytes, performance: Performance) -> None:
    step = step_of(Ended(invalid, "", interrupted=False), None, rate=200_000.0)
    assert (step.outcome, step.figures, step.load) == (Outcome.INVALID, None, None)
    assert step.note
    shown = dataclasses.replace(performance, steps=(step,))
    text = "\n".join("".join(span.text for span in line) for line in performance_lines(shown))
    assert "200,000 a second" not in text
    assert "INVALID, no measurement: " in text
    assert exit_code(shown) == 12


def test_a_run_without_a_document_was_not_measured() -> None:
    step = step_of(Ended(b"", "nothing listens there", interrupted=False), None, concurrency=1)
    assert (step.outcome, step.note, step.figures) == (Outcome.UNREACHED, "nothing listens there", None)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"schema": 2}', b"[]"])
def test_what_has_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(EngineError, match="not its published format"):
        read(raw, Load)


def test_every_field_that_is_read_is_published() -> None:
    assert list(_unpublished(Load, PUBLISHED)) == []


def _unpublished(form: type[msgspec.Struct], published: dict[str, Any]) -> Iterator[str]:
    """Fields of a type, and of those within it, that the published schema does not have."""
    for name, hint in get_type_hints(form, vars(load)).items():
        if name not in published["properties"]:
            yield f"{form.__name__}.{name}"
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and get_origin(inner) is None and issubclass(inner, msgspec.Struct):
                yield from _unpublished(inner, PUBLISHED["$defs"][inner.__name__])


def test_the_schema_file_is_what_the_types_say() -> None:
    assert PATH.read_bytes() == schema_json()


def _search(ending: Any) -> Search:
    return Search(ending, None, Interval(None, None), None, (), "words")


def _gate(shown: Any) -> Comparison:
    difference = load.Difference("p99", "ms", 1.0, 2.0, 1.0, Interval(0.5, 1.5), shown)
    return Comparison("s", "", (), (Change(1, "in words", (difference,)),))


LOST = Step(1, None, Outcome.UNREACHED, "it ended")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"search": _search("found")}, 0),
        ({"search": _search("nothing")}, 1),
        ({"search": _search("client")}, 12),
        ({"comparison": _gate("same")}, 0),
        ({"comparison": _gate("worse")}, 13),
        ({"comparison": _gate("worse"), "search": _search("client")}, 13),
        ({"comparison": _gate("worse"), "search": _search("nothing")}, 1),
        ({"comparison": Comparison("s", "", (), ())}, 12),
        ({"steps": (LOST,)}, 1),
        ({"steps": (LOST,), "partial": True}, 130),
    ],
)
def test_the_exit_code(performance: Performance, changes: dict[str, Any], code: int) -> None:
    assert exit_code(dataclasses.replace(performance, **changes)) == code
