"""Reporters are plugins, ours as well as a stranger's; a crash of one hides nothing."""

from __future__ import annotations

import os

import pytest
from support.berth import TINY, Berth

LISTENER = """
told = []

def pytest_seatrial_plan(plan, options):
    print("\\nplan:", *(launch.name for launch in plan.launches))

def pytest_seatrial_event(event):
    told.append(event.kind)

def pytest_seatrial_verdict(verdict, config):
    told.append(verdict.clause)

def pytest_seatrial_result(result):
    print("\\ntold:", *told, result.grade)
"""
CRASHING = """
from seatrial.conformance.events import ReportError

def pytest_seatrial_event(event):
    raise ZeroDivisionError("no events today")

def pytest_seatrial_result(result):
    raise ReportError("there.pdf cannot be written: no paper")
"""


@pytest.fixture
def berth(berth: Berth) -> Berth:
    berth.env["PYTHONPATH"] = os.pathsep.join([str(TINY), str(berth.folder)])
    berth.write("listener.py", LISTENER)
    berth.write("crashing.py", CRASHING)
    return berth


def test_a_strangers_reporter_hears_the_plan_the_events_the_verdicts_and_the_result(berth: Berth) -> None:
    ended = berth.certify("-p", "listener", "-s")
    lines = ended.out.splitlines()
    assert "plan: main" in lines
    (told,) = (line.split()[1:] for line in lines if line.startswith("told:"))
    assert told[:2] == ["launching", "ready"]
    assert told.index("driving") < told.index("echo.answers") < told.index("pause.short")
    assert told[-2:] == ["done", "checked"]


@pytest.mark.parametrize(("faults", "code"), [("", 12), ("mirror", 1)])
def test_a_crash_of_a_reporter_is_one_sentence_and_counts_only_where_nothing_else_failed(
    berth: Berth, faults: str, code: int
) -> None:
    ended = berth.certify("-p", "crashing", faults=faults)
    assert ended.code == code
    assert ended.err.splitlines() == [
        "ERROR: the reporter crashing failed in pytest_seatrial_event: ZeroDivisionError: no events today",
        "ERROR: there.pdf cannot be written: no paper",
    ]
    assert len(ended.words()) == 8
