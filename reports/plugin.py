"""The pytest plugin that tells a trial: the plan, what happens, the verdicts, the summary, and the files.

Loaded in trial sessions only (`-p seatrial.reports.plugin`), and a reporter like any stranger's: it listens to the
hooks of `seatrial.conformance.events`. pytest's own reporter stays for `-v`, for collection and for errors that are no
verdicts; what carries a verdict is told here. Nothing is rendered before it is needed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.reports.plan_text import plan_lines
from seatrial.reports.progress import Progress, told
from seatrial.reports.screen import Screen, real_stdout
from seatrial.reports.scrub import scrub
from seatrial.reports.terminal import plain, summary_lines

if TYPE_CHECKING:
    from collections.abc import Generator

    from seatrial.conformance.events import Event
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.result import Plan, TrialResult
    from seatrial.conformance.verdict import Verdict
    from seatrial.reports.write import Written

__all__ = ["Reporter", "screen_for"]

SILENT = -2
"""The verbosity at which pytest's own reporter prints neither header nor counts."""
Status = tuple[str, str, Any]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter. Runs before pytest's own reporter is made, so that it can be told to be silent."""
    if config.option.collectonly:
        return
    reporter = Reporter(screen_for(config), tells=config.option.verbose <= 0)
    if reporter.tells:
        config.option.verbose = SILENT
    config.pluginmanager.register(reporter, "seatrial-reporter")


def screen_for(config: pytest.Config) -> Screen:
    """The screen that fits: live where a person watches; without any escape code into files, under `-q` and in CI."""
    out, option = real_stdout(), config.option
    watched = out.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
    if option.verbose < 0 or option.color == "no" or not (watched or option.color == "yes"):
        return Screen(out, quiet=option.verbose < 0, verdicts=option.verbose <= 0)
    from seatrial.reports.live import ColourScreen, LiveScreen  # noqa: PLC0415  rich is loaded only to be looked at

    if watched and option.verbose == 0 and not option.usepdb and option.capture != "no":
        return LiveScreen(out)
    return ColourScreen(out, verdicts=option.verbose <= 0)


class Reporter:
    """Tells one trial.

    Args:
        screen: where it is told.
        tells: whether verdicts are told here; else pytest tells them (`-v`).
    """

    def __init__(self, screen: Screen, *, tells: bool) -> None:
        self._screen, self.tells = screen, tells
        self._progress: Progress | None = None
        self._clauses = 0
        self._result: TrialResult | None = None
        self._written: Written | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember how many clauses will be judged."""
        self._clauses = len(session.items)

    def pytest_seatrial_plan(self, plan: Plan, options: TrialOptions) -> None:
        """Print the plan."""
        self._progress = Progress(plan, self._clauses)
        self._screen.show(plan_lines(plan, options))
        if not options.plan_only:
            self._screen.begin(self._progress)

    def pytest_seatrial_event(self, event: Event, config: pytest.Config) -> None:
        """Tell what happened."""
        if self._progress is not None:
            self._progress.tell(event)
        if not self.tells and told(event):
            self._end_line(config.pluginmanager.get_plugin("terminalreporter"))
        self._screen.event(event)

    def _end_line(self, pytest_s: Any) -> None:
        """End the line of a clause that pytest has begun under `-v`; it begins it anew for the verdict."""
        if pytest_s is not None and pytest_s.currentfspath:
            pytest_s.currentfspath = None
            self._screen.show([plain("")])

    def pytest_seatrial_verdict(self, verdict: Verdict) -> None:
        """Tell a verdict."""
        if self._progress is not None:
            self._progress.judged(verdict)
        self._screen.verdict(verdict)

    def pytest_seatrial_result(self, result: TrialResult, options: TrialOptions) -> None:
        """Write every report.

        Raises:
            ReportError: the report folder cannot be written.
        """
        from seatrial.reports.write import write_reports  # noqa: PLC0415  only a finished trial pays for it

        self._result = scrub(result)
        self._written = write_reports(result, options.report)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Generator[None, Status, Status]:
        """Keep pytest from telling a verdict a second time; errors outside of any clause it tells itself."""
        status = yield
        if self.tells and "verdict" in dict(getattr(report, "user_properties", ())):
            return "judged", "", ""
        return status

    def pytest_enter_pdb(self) -> None:
        """Hold still while somebody debugs."""
        self._screen.end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        """Hold still, so that pytest's own words can be read."""
        self._screen.end()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Print the summary when everything else has been said, so that the grade is the last line."""
        self._screen.end()
        try:
            return (yield)
        finally:
            if self._result is not None:
                self._screen.show(summary_lines(self._result, int(session.exitstatus), self._written))

    def pytest_unconfigure(self) -> None:
        """Let go of the terminal."""
        self._screen.close()
