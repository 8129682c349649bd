"""Installed beside a project's own tests, the plugin changes nothing about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from support.berth import CONTRACT, SERVER, Berth

if TYPE_CHECKING:
    from conftest import Environment

PROJECT = {
    "pytest.ini": """
[pytest]
addopts = -n auto --reruns 1 --timeout 60 --cov reports --randomly-seed 7 --image mine
asyncio_mode = auto
""",
    "conftest.py": """
import pytest

def pytest_addoption(parser):
    parser.addoption("--image", default="none")
    parser.addoption("--process", action="store_true")

@pytest.fixture
def image(pytestconfig):
    return pytestconfig.getoption("image")
""",
    "reports/__init__.py": "def total(*numbers):\n    return sum(numbers)\n",
    "conformance/__init__.py": "NAME = 'my own'\n",
    "suites/__init__.py": "",
    "test_own.py": """
import asyncio
import pathlib
import pytest
import conformance
import reports

def test_imports_its_own_packages(image):
    assert (conformance.NAME, reports.total(1, 2), image) == ("my own", 3, "mine")

def test_fails():
    assert reports.total(1) == 2

@pytest.mark.skip(reason="for later")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected_to_fail():
    assert False

async def test_waits():
    await asyncio.sleep(0)

def test_passes_the_second_time(request):
    mark = pathlib.Path(request.config.rootpath, request.config.getoption("basetemp_mark"))
    fresh = not mark.exists()
    mark.write_text("")
    assert not fresh

@pytest.mark.parametrize("number", range(4))
def test_number(number):
    assert number < 4
""",
}


@pytest.fixture
def project(berth: Berth) -> Berth:
    for name, text in PROJECT.items():
        berth.write(name, text)
    option = 'parser.addoption("--basetemp-mark", default="mark")\n'
    conftest = berth.folder / "conftest.py"
    conftest.write_text(conftest.read_text().replace("    parser.addoption(", f"    {option}    parser.addoption(", 1))
    berth.env["PYTHONPATH"] = str(berth.folder)
    return berth


def told(project: Berth, environment: Environment, name: str, *words: str) -> tuple[int, dict[str, str], str]:
    """Exit code, outcome of each test, and the last line without its time."""
    ended = environment.pytest(project, f"--junitxml={name}.xml", f"--basetemp-mark={name}", *words)
    outcomes = {}
    for case in ET.parse(project.folder / f"{name}.xml").getroot().iter("testcase"):  # noqa: S314  our own file
        outcomes[case.get("name", "")] = next((child.tag for child in case), "passed")
    return ended.code, outcomes, re.sub(r" in [\d.]+s|=", "", ended.out.strip().splitlines()[-1]).strip()


def test_a_projects_own_tests_end_as_without_the_plugin(project: Berth, environment: Environment) -> None:
    with_plugin = told(project, environment, "with")
    without = told(project, environment, "without", "-p", "no:seatrial")
    assert with_plugin == without
    assert (with_plugin[0], len(with_plugin[1])) == (1, 10)
    assert "1 failed, 7 passed, 1 skipped, 1 xfailed, " in with_plugin[2]


def test_a_project_that_claims_image_can_still_run_a_trial(project: Berth, environment: Environment) -> None:
    project.env.pop("PYTHONPATH")
    ended = environment.pytest(project, "--trial-process", SERVER, *CONTRACT)
    assert (ended.code, ended.result()["grade"]) == (0, "checked")


def test_the_installed_command_knows_the_contract(berth: Berth, environment: Environment) -> None:
    berth.env["PYTHONPATH"] = ""
    told = berth.run(environment.program("seatrial"), "explain", "ping.answers-200")
    assert (told.code, told.out.splitlines()[0]) == (0, "ping.answers-200  MUST  realtime")


def test_an_installed_trial_finds_every_clause_of_its_suites(berth: Berth, environment: Environment) -> None:
    berth.env["PYTHONPATH"] = ""
    ended = environment.pytest(berth, "--process", "true {port}", "--collect-only", "-q")
    found = re.search(r"(\d+) tests collected", ended.out)
    assert found
    assert int(found[1]) > 60
    assert "realtime/test_ping.py::ping.answers-200" in ended.out
