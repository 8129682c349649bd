"""The pytest plugin that makes a session a trial. It is loaded in the trial's own child process and nowhere else.

It collects clauses as items, starts the conductor once they are selected, lets each item wait for its observations, and
at the end puts the result together, tells the reporters, and sets the exit code. It renders nothing.
"""

from __future__ import annotations

import argparse
import atexit
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.events import Event, Hooks
from seatrial.conformance.mistakes import ENGINE_FAILURES, USER_MISTAKES
from seatrial.conformance.options import OptionError
from seatrial.conformance.session.end import Ending, end_trial
from seatrial.conformance.session.items import ClauseFile, ClauseItem, marks
from seatrial.conformance.session.known import KnownFailures, read_known_failures
from seatrial.conformance.session.options import read_options
from seatrial.conformance.session.process import LEASH
from seatrial.conformance.session.signals import Interrupts
from seatrial.conformance.session.tell import Teller
from seatrial.conformance.session.trial import Trial, open_trial
from seatrial.conformance.subject.launcher import EngineError, SubjectError
from seatrial.conformance.verdict import ExitCode, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

LETTERS: dict[Word, tuple[str, str, str | tuple[str, Mapping[str, bool]]]] = {
    Word.WARN: ("warn", "W", ("WARN", {"yellow": True})),
    Word.OBSERVED: ("observed", "o", ("OBSERVED", {"cyan": True})),
    Word.UNTESTED: ("skipped", "s", ("UNTESTED", {"yellow": True})),
    Word.NOT_APPLICABLE: ("skipped", "n", ("NOT_APPLICABLE", {"green": True})),
    Word.FAIL: ("failed", "F", "FAIL"),
    Word.PASS: ("passed", ".", "PASS"),
}
"""How pytest counts, abbreviates and names each verdict of an item that ran."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register what only our own parent process says."""
    parser.addoption(LEASH, type=int, default=None, help=argparse.SUPPRESS)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let reporters listen."""
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Open the trial before pytest makes its session, so that a mistake ends in one sentence.

    Raises:
        pytest.UsageError: the user's mistake.
    """
    if config.option.help or config.option.version:
        return None
    interrupts = Interrupts(config.getoption("trial_leash"))
    interrupts.install()
    try:
        _one_process(config)
        _no_paths(config)
        options = read_options(lambda name: config.getoption(name.replace("-", "_")))
        trial = open_trial(options, listing=config.option.collectonly)
        atexit.register(trial.close)
        known = read_known_failures(config.getoption("trial_known_failures"), trial.catalogue.clauses)
    except USER_MISTAKES as mistake:
        raise pytest.UsageError(str(mistake)) from mistake
    except ENGINE_FAILURES as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return ExitCode.HARNESS
    except KeyboardInterrupt:
        sys.stderr.write("interrupted before anything was started\n")
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001  whatever else breaks here is our own fault, and must not look like a verdict
        sys.stderr.write(f"{traceback.format_exc()}ERROR: seatrial itself failed, see the lines above\n")
        return ExitCode.HARNESS
    for clause in trial.catalogue.judged:
        for mark in marks(clause):
            config.addinivalue_line("markers", f"{mark}: clauses of this level, profile or area")
    config.pluginmanager.register(TrialSession(config, trial, known, interrupts), "seatrial-trial")
    return None


def _one_process(config: pytest.Config) -> None:
    """Keep the suites in this process, whatever `-n` says: all clauses are judged on one subject."""
    if config.getoption("tx", None) or config.getoption("numprocesses", None):
        sys.stdout.write("seatrial: -n is ignored, one process drives the subject and judges every clause\n")
        # xdist may have read -n already, so everything that it looks at later says the same.
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


def _no_paths(config: pytest.Config) -> None:
    for path in config.option.file_or_dir:
        raise OptionError(
            f"{path}: a trial takes no paths; choose clauses with -k or -m, or a profile with --trial-profile"
        )


class TrialSession:
    """The hooks of one trial.

    Args:
        config: of the session.
        trial: opened.
        known: the user's list of known failures.
        interrupts: installed.
    """

    def __init__(self, config: pytest.Config, trial: Trial, known: KnownFailures, interrupts: Interrupts) -> None:
        self.config, self.trial, self.known, self.interrupts = config, trial, known, interrupts
        self.teller = Teller(config)
        self.suites = {folder.name: folder for folder in trial.folders}
        self.items: list[ClauseItem] = []
        self.begun = self.ended = False
        self.fatal: Exception | None = None
        config.args = [str(folder) for folder in self.suites.values()]
        # From any folder, a clause is called `realtime/test_ping.py::ping.answers-200`, without where we are installed.
        vars(config)["cwd_relative_nodeid"] = str

    # -- collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector:
        """A plain folder: pytest would import a package a second time, under another name."""
        node: pytest.Dir = pytest.Dir.from_parent(parent, path=path)
        return node

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The clauses of a test module of the profiles on trial."""
        ours = file_path.parent == self.suites.get(file_path.parent.name)
        if not (ours and file_path.name.startswith("test_") and file_path.suffix == ".py"):
            return None
        return ClauseFile.of(
            file_path, parent, catalogue=self.trial.catalogue, ask=self._ask, strict=self.trial.options.strict
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the clauses in the order of the catalogue."""
        order = {clause: place for place, clause in enumerate(self.trial.ids)}
        items.sort(key=lambda item: order.get(item.name, len(order)))

    # -- the run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Plan and begin once the clauses are selected; end once they are judged."""
        self.items = [item for item in session.items if isinstance(item, ClauseItem)]
        if self.config.option.collectonly or session.testsfailed or not self.items:
            return (yield)
        self.trial.prepare(self.ids)
        self.teller.tell("pytest_seatrial_plan", plan=self.trial.plan, options=self.trial.options)
        if self.trial.options.plan_only:
            session.items.clear()
            return (yield)
        self.begun = True
        self.trial.begin()
        answer = yield
        self.trial.finish(self._tell)
        self.ended = True
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say of a clause that was not judged where its judge stands, instead of where our own code skips it."""
        report = yield
        if report.skipped and isinstance(item, ClauseItem) and isinstance(report.longrepr, tuple):
            report.longrepr = (item.nodeid.partition("::")[0], item.judge.line, report.longrepr[2])
        return report

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str | tuple[str, Mapping[str, bool]]] | None:
        """Give each verdict its own letter and word."""
        word = dict(report.user_properties).get("verdict")
        if report.when != "call" or word is None:
            return None
        status = LETTERS.get(Word(str(word)))
        return LETTERS[Word.FAIL] if report.failed else status

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the session was interrupted: pytest's own exit code tells only that it ended early."""
        if excinfo.type is KeyboardInterrupt:
            self.trial.interrupted = "the trial was interrupted: what it had not seen by then is untested"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the trial: instances first, then the result, the reports and the exit code."""
        self.interrupts.hold()
        if self.begun and not self.ended:
            self.trial.give_up(str(self.fatal or "") or "the run ended before every clause was judged")
        self._close()
        if self.begun:
            ending = Ending(self.trial, self.ids, self.known, self.fatal)
            session.exitstatus = end_trial(self.teller, ending, session.exitstatus)
        elif session.testsfailed:
            session.exitstatus = ExitCode.HARNESS  # our own modules cannot be collected

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind, whatever happened."""
        self.interrupts.hold()
        if self.begun and not self.ended:
            self.trial.give_up("the session ended")
        self._close()

    @property
    def ids(self) -> tuple[str, ...]:
        """The clauses selected, in catalogue order."""
        chosen = {item.clause.id for item in self.items}
        return tuple(clause for clause in self.trial.ids if clause in chosen)

    def _close(self) -> None:
        try:
            self.trial.close()
        except ENGINE_FAILURES as error:
            self.teller.failures[str(error)] = None

    def _ask(self, clause: str) -> Verdict:
        try:
            verdict = self.trial.verdict(clause, self._tell)
        except (SubjectError, EngineError) as error:
            self.fatal = error
            code = ExitCode.USAGE if isinstance(error, SubjectError) else ExitCode.HARNESS
            pytest.exit(str(error), returncode=code)
        self.teller.tell("pytest_seatrial_verdict", verdict=verdict)
        return verdict

    def _tell(self, event: Event) -> None:
        self.teller.tell("pytest_seatrial_event", event=event)
