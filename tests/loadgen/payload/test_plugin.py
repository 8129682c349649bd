"""`--payload`: a class of the user's own, as PyWorker's workers have it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import Order
from seatrial.loadgen.payload.plugin import from_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Shaped like a worker of PyWorker: a dataclass over an abstract base, neighbours imported from the working directory.
BASE = '''
from abc import ABC, abstractmethod
class JsonDataException(Exception):
    def __init__(self, json_msg):
        self.message = json_msg
class ApiPayload(ABC):
    @classmethod
    @abstractmethod
    def for_test(cls): """defines how create a payload for load testing"""
    @abstractmethod
    def generate_payload_json(self): ...
    @abstractmethod
    def count_workload(self): ...
    @classmethod
    @abstractmethod
    def from_json_msg(cls, json_msg): ...
'''
WORKER = """
from __future__ import annotations
import dataclasses, itertools
from base_types import ApiPayload, JsonDataException

numbers = itertools.count()

@dataclasses.dataclass
class Parameters:
    max_new_tokens: int = 256

@dataclasses.dataclass
class InputData(ApiPayload):
    prompt: str
    parameters: Parameters

    @classmethod
    def for_test(cls):
        return cls(f"é {next(numbers)}", Parameters())

    def generate_payload_json(self):
        return {"inputs": self.prompt, "parameters": dataclasses.asdict(self.parameters)}

    def count_workload(self):
        return self.parameters.max_new_tokens

    @classmethod
    def from_json_msg(cls, json_msg):
        if "prompt" not in json_msg:
            raise JsonDataException({"prompt": "missing parameter"})
        return cls(json_msg["prompt"], Parameters(json_msg.get("n", 256)))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the user's, in which the run is started; what was imported from it is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base_types.py").write_text(BASE)
    (tmp_path / "worker_types.py").write_text(WORKER)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("text", ["worker_types:InputData", "worker_types.py:InputData"])
def test_for_test_makes_a_different_body_each_time(text: str):
    payloads = from_plugin(text, count=3)
    first = json.loads(payloads.bodies[0])
    assert first == {"inputs": "é 0", "parameters": {"max_new_tokens": 256}}
    assert len(set(payloads.bodies)) == 3
    assert payloads.workload.tolist() == [256, 256, 256]
    assert payloads.media == ("application/json",) * 3
    assert payloads.title == "3 bodies made by InputData"


def test_a_pyworker_gets_the_payload_s_own_fields():
    payloads = from_plugin("worker_types.py:InputData", count=1, for_worker=True)
    assert json.loads(payloads.bodies[0]) == {"prompt": "é 0", "parameters": {"max_new_tokens": 256}}


def test_a_file_elsewhere_imports_its_neighbours(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert len(from_plugin(f"{folder}/worker_types.py:InputData", count=2)) == 2


def test_each_line_of_a_dataset_goes_through_from_json_msg(folder: Path):
    data = folder / "data.jsonl"
    data.write_text('{"prompt": "a", "n": 5}\n{"body": {"prompt": "b"}, "weight": 2, "expect": "x", "workload": 9}\n')
    payloads = from_plugin("worker_types:InputData", dataset=data)
    assert [json.loads(body)["inputs"] for body in payloads.bodies] == ["a", "b"]
    assert payloads.workload.tolist() == [5, 9]
    assert payloads.expected == (None, b'"x"')
    assert payloads.order is Order.RANDOM


def plugin(folder: Path, **methods: str) -> str:
    """A class whose methods do what is asked, one a line: the class on line 1, the methods from line 2 on."""
    usual = {"for_test": "return cls()", "generate_payload_json": "return {}", "count_workload": "return 1"}
    lines = ["class P:"]
    for name, body in {**usual, **methods}.items():
        first = "@classmethod\n def" if name in {"for_test", "from_json_msg"} else "def"
        lines.append(f" {first} {name}({'cls' if 'class' in first else 'self'}, *given): {body}")
    (folder / "plug.py").write_text("\n".join(lines) + "\n")
    return "plug.py:P"


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"for_test": "raise ValueError('MODEL_NAME is\\nnot set')"},
         r"for_test\(\) raised ValueError: MODEL_NAME is not set \(.*plug\.py, line 3\); mend"),
        ({"generate_payload_json": "return 1 / 0"}, r"ZeroDivisionError: division by zero \(.*plug\.py, line 4\)"),
        ({"for_test": "import sys; sys.exit(2)"}, r"for_test\(\) raised SystemExit: 2 \(.*plug\.py, line 3\)"),
        ({"for_test": "import json; json.loads('{')"}, r"JSONDecodeError: .* \(.*plug\.py, line 3\)"),
        ({"for_test": "pass"}, r"made a NoneType that has no generate_payload_json\(\)"),
        ({"generate_payload_json": "return {'x': {1}}"}, "cannot be written as JSON: Object of type set"),
        ({"generate_payload_json": "return {'x': float('nan')}"}, "cannot be written as JSON: Out of range float"),
        ({"count_workload": "return 'many'"}, r"count_workload\(\) returned 'many'; it must be a number from 0"),
        ({"count_workload": "return float('nan')"}, r"count_workload\(\) returned nan"),
    ],
)  # fmt: skip
def test_what_a_plugin_does_wrong_is_one_sentence(folder: Path, methods: dict[str, str], message: str):
    with pytest.raises(UsageError, match=message) as told:
        from_plugin(plugin(folder, **methods), count=1)
    assert "\n" not in str(told.value)


def test_a_message_that_does_not_fit_is_told_with_what_pyworker_s_exception_says(folder: Path):
    (folder / "data.jsonl").write_text("{}\n")
    with pytest.raises(
        UsageError, match=r"JsonDataException: \{'prompt': 'missing parameter'\} \(.*worker_types\.py, line"
    ):
        from_plugin("worker_types:InputData", dataset=folder / "data.jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere:P", "there is no module nowhere in .*run from the folder it is in"),
        ("nowhere.py:P", r"there is no file nowhere\.py"),
        ("worker_types", "expected module:Class or file.py:Class"),
        ("worker_types:Nope", "there is no class Nope in worker_types; its classes are Parameters, InputData"),
        ("worker_types:numbers", "there is no class numbers"),
        ("worker_types:Parameters", r"Parameters has no method for_test\(\)"),
    ],
)
def test_a_class_that_is_not_there_is_told(text: str, message: str):
    with pytest.raises(UsageError, match=message):
        from_plugin(text)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\nimport not_installed_here\n", r"ModuleNotFoundError: No module named 'not_installed_here' .*line 2"),
        ("def f(:\n", r"SyntaxError: .*broken\.py, line 1"),
        ("raise SystemExit\n", r"SystemExit \(.*line 1"),
    ],
)
@pytest.mark.parametrize("text", ["broken:P", "broken.py:P"])
def test_a_module_that_cannot_be_imported_is_told_with_its_line(folder: Path, code: str, message: str, text: str):
    (folder / "broken.py").write_text(code)
    with pytest.raises(UsageError, match=message):
        from_plugin(text)


def test_a_line_with_a_type_of_its_own_cannot_go_through_a_plugin(folder: Path):
    (folder / "data.jsonl").write_text('{"body": {"prompt": "a"}, "content_type": "text/csv"}\n')
    with pytest.raises(UsageError, match="line 1 has a content_type, but"):
        from_plugin("worker_types:InputData", dataset=folder / "data.jsonl")


def test_a_number_that_python_does_not_read_is_told_with_its_line(folder: Path):
    (folder / "data.jsonl").write_text('{"prompt": ' + "1" * 5000 + "}\n")
    with pytest.raises(UsageError, match=r"data\.jsonl, line 1 cannot be read \(Exceeds the limit"):
        from_plugin("worker_types:InputData", dataset=folder / "data.jsonl")
