"""The reporter from outside: a pytest process that tells a trial through the hooks, into a pipe or a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.verdict import Word
from seatrial.reports.json_report import result_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.result import TrialResult

    Tell = Callable[..., subprocess.CompletedProcess[str]]

DRIVER = '''
"""Plays a finished trial to the reporters: plan, events, verdicts, result, as the harness does."""

import os
import sys
from pathlib import Path

import pytest

from seatrial.conformance.events import Event, EventKind, Hooks, ReportError
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.verdict import Word
from seatrial.reports.json_report import read_result

RESULT = read_result(Path(os.environ["TRIAL"]))
OPTIONS = TrialOptions(image="abalone:1.4", report=Path(os.environ["REPORT"]))
EVENTS = iter([
    Event(EventKind.LAUNCHING, 0.0, "main"), Event(EventKind.READY, 1.9, "main", detail="200 after 1.9 s"),
    Event(EventKind.DRIVING, 2.0, "main", "pings"), Event(EventKind.DROVE, 7.0, "main", "pings", "5.0 s"),
    Event(EventKind.STOPPED, 8.0, "main"), Event(EventKind.DONE, 8.1),
])


def pytest_addhooks(pluginmanager):
    pluginmanager.add_hookspecs(Hooks)


class Clauses(pytest.File):
    def collect(self):
        return [Clause.from_parent(self, name=v.clause, verdict=v) for v in RESULT.verdicts]


class Clause(pytest.Item):
    def __init__(self, *, verdict, **others):
        super().__init__(**others)
        self.verdict = verdict

    def setup(self):
        event = next(EVENTS, None)
        if event:
            self.config.hook.pytest_seatrial_event(event=event, config=self.config)
        self.config.hook.pytest_seatrial_verdict(verdict=self.verdict, config=self.config)
        self.user_properties.append(("verdict", str(self.verdict.word)))
        print("captured, not shown")

    def runtest(self):
        if self.verdict.word is Word.FAIL:
            raise AssertionError("broken")


def pytest_collect_file(file_path, parent):
    return Clauses.from_parent(parent, path=file_path) if file_path.name == "clauses.txt" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    hook, config = session.config.hook, session.config
    if not config.option.collectonly:
        hook.pytest_seatrial_plan(plan=RESULT.plan, options=OPTIONS, config=config)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    if not session.config.option.collectonly:
        session.exitstatus = RESULT.exit_code
        try:
            session.config.hook.pytest_seatrial_result(result=RESULT, options=OPTIONS, config=session.config)
        except ReportError as error:
            print(f"ERROR: {error}", file=sys.stderr)
'''
ESCAPE = "\x1b"


@pytest.fixture
def command(tmp_path: Path) -> Callable[[TrialResult], tuple[list[str], dict[str, str]]]:
    """The command that tells a trial, and its environment."""

    def make(result: TrialResult, *args: str, report: Path | None = None) -> tuple[list[str], dict[str, str]]:
        (tmp_path / "driver.py").write_text(DRIVER)
        (tmp_path / "clauses.txt").touch()
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --tb=no -rN\n")
        (tmp_path / "trial.json").write_bytes(result_json(result))
        keep = {k: v for k, v in os.environ.items() if k not in {"CI", "NO_COLOR", "FORCE_COLOR", "PYTEST_ADDOPTS"}}
        places = {"TRIAL": str(tmp_path / "trial.json"), "REPORT": str(report or tmp_path / "report")}
        quiet = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(tmp_path), "TERM": "xterm-256color"}
        plugins = ("-p", "driver", "-p", "seatrial.reports.plugin", "-p", "no:cacheprovider")
        words = [sys.executable, "-m", "pytest", *plugins, *args, str(tmp_path / "clauses.txt")]
        return words, {**keep, **places, **quiet, "COLUMNS": "120"}

    return make


@pytest.fixture
def tell(command: Callable[..., tuple[list[str], dict[str, str]]], tmp_path: Path) -> Tell:
    """Tells a trial into a pipe."""

    def run(
        result: TrialResult, *args: str, report: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        words, env = command(result, *args, report=report)
        return subprocess.run(
            words, env={**env, **more}, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def watch(command: Callable[..., tuple[list[str], dict[str, str]]], tmp_path: Path) -> Callable[..., str]:
    """Tells a trial on a terminal, and returns everything that was written to it."""

    def run(result: TrialResult, *args: str, **more: str) -> str:
        words, env = command(result, *args)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(words, env={**env, **more}, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        written = _read_to_end(ours, process)
        os.close(ours)
        return written.decode("utf-8", "replace")

    return run


def _read_to_end(number: int, process: subprocess.Popen[bytes]) -> bytes:
    written, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([number], [], [], 0.1)[0]:
            if process.poll() is not None:
                return written
            continue
        try:
            chunk = os.read(number, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        written += chunk
    process.wait(10)
    return written


def test_into_a_pipe_it_is_told_line_by_line_without_escape_codes(tell: Tell, loopback: TrialResult):
    run = tell(loopback, FORCE_COLOR="1")
    lines = run.stdout.splitlines()
    assert ESCAPE not in run.stdout
    assert lines[0] == "seatrial  abalone:1.4  image"
    assert "    1.9 s  main: ready, 200 after 1.9 s" in lines
    assert "    7.0 s  main: drove pings in 5.0 s" in lines
    assert any(re.match(r"FAIL +port\.not-loopback +MUST ", line) for line in lines)
    assert sum(line.startswith("PASS  ") for line in lines) == loopback.count(Word.PASS)
    assert lines[-1].startswith("NOT CERTIFIED  abalone:1.4  1 MUST of")
    assert run.returncode == 1
    assert run.stderr == ""


def test_pytest_itself_says_nothing_a_second_time(tell: Tell, loopback: TrialResult):
    shown = tell(loopback).stdout
    for word in (
        "test session starts",
        "collected",
        "FAILURES",
        " failed",
        "captured, not shown",
        "short test summary",
    ):
        assert word not in shown
    assert not re.search(r"^[.FsEWo]+$", shown, re.MULTILINE)


def test_quietly_only_what_is_broken_is_told_before_the_summary(tell: Tell, warned: TrialResult):
    lines = tell(warned, "-q").stdout.splitlines()
    told = [line for line in lines if re.match("(PASS|WARN|UNTESTED|OBSERVED)  ", line) and "  SHOULD " in line]
    assert not any(line.startswith("PASS") for line in lines)
    assert len([line for line in told if not line.endswith("]")]) == 2
    assert lines[-1].startswith("CERTIFIED")


def test_verbosely_pytest_tells_the_verdicts_and_the_reporter_the_rest(tell: Tell, loopback: TrialResult):
    shown = tell(loopback, "-v").stdout
    assert "clauses.txt::port.not-loopback FAILED" in shown
    assert not re.search("^PASS  ", shown, re.MULTILINE)
    assert "main: ready, 200 after 1.9 s" in shown
    assert shown.splitlines()[-1].startswith("NOT CERTIFIED")


def test_a_mere_listing_is_left_to_pytest(tell: Tell, loopback: TrialResult):
    shown = tell(loopback, "--collect-only", "-q").stdout
    assert "clauses.txt::port.not-loopback" in shown
    assert "NOT CERTIFIED" not in shown


def test_the_reports_are_written_and_named(tell: Tell, loopback: TrialResult, tmp_path: Path):
    run = tell(loopback)
    assert f"  report  {tmp_path}/report/report.html" in run.stdout.splitlines()
    assert json.loads((tmp_path / "report" / "result.json").read_bytes())["grade"] == "not certified"


def test_a_folder_that_cannot_be_written_still_ends_with_the_grade(tell: Tell, loopback: TrialResult, tmp_path: Path):
    place = tmp_path / "occupied"
    place.touch()
    run = tell(loopback, report=place)
    assert "--trial-report DIR" in run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("NOT CERTIFIED")
    assert "  report  " not in run.stdout


def test_on_a_terminal_a_view_moves_while_the_subject_is_driven(watch: Callable[..., str], loopback: TrialResult):
    written = watch(loopback)
    assert f"judged 0 of {len(loopback.verdicts)}" in written
    assert "\x1b[?25l" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h"), "the cursor stays hidden"
    assert plain(written).splitlines()[-1].startswith("NOT CERTIFIED")
    assert "\x1b[1;31mFAIL" in written


def test_without_colour_a_terminal_shows_none(watch: Callable[..., str], loopback: TrialResult):
    written = watch(loopback, NO_COLOR="1")
    assert not re.search("\x1b\\[[0-9;]*3[0-7]m", written)
    assert plain(written).splitlines()[-1].startswith("NOT CERTIFIED")


@pytest.mark.parametrize("case", [{"args": ["-q"]}, {"CI": "true"}, {"TERM": "dumb"}, {"args": ["--color=no"]}])
def test_a_terminal_in_ci_or_asked_for_plain_words_gets_them(
    watch: Callable[..., str], loopback: TrialResult, case: dict[str, object]
):
    env = {k: str(v) for k, v in case.items() if k != "args"}
    written = watch(loopback, *case.get("args", ()), **env)
    assert ESCAPE not in written
    assert written.splitlines()[-1].startswith("NOT CERTIFIED")


def test_loading_the_plugin_loads_no_renderer():
    script = "import sys, seatrial.reports.plugin; print(sorted({'rich', 'jinja2', 'xml.etree'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def plain(written: str) -> str:
    """What a terminal would show, roughly: escape codes removed, each line as it was last written."""
    text = re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", written)
    return "\n".join(line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")).strip()
