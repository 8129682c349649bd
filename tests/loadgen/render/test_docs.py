"""The reference page names everything that a report holds, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.render.csv_report import COLUMNS, FLAGS
from seatrial.loadgen.render.prometheus import prometheus_text
from seatrial.loadgen.render.words import EXITS
from seatrial.loadgen.result import Result, Verdict

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "load-report.md").read_text("utf-8")


def named(section: str) -> set[str]:
    """What stands between backticks in the first column of a section's table."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_field_of_the_json_has_its_row():
    assert named("JSON") == {field.name for field in dataclasses.fields(Result)}


def test_every_column_and_flag_of_the_csv_is_told():
    assert named("CSV") == set(COLUMNS)
    assert all(f"`{flag}`" in PAGE for flag in FLAGS if flag and "|" not in flag)


def test_every_metric_has_its_row(runs: dict[str, tuple[Result, Observed]]):
    written = set()
    for result, run in runs.values():
        written |= set(re.findall(r"^# TYPE (\S+)", prometheus_text(result, run).decode(), re.MULTILINE))
    assert named("Prometheus") == written


def test_every_kind_of_error_is_explained():
    assert named("Errors") == {fault.title for fault in Fault if fault is not Fault.NONE}


def test_every_exit_code_and_verdict_is_told():
    table = PAGE.partition("\n## Verdicts and exit codes\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| (\d+) \| (\S*) ?\|", table, re.MULTILINE))
    assert {int(code) for code in rows} == set(EXITS)
    assert {rows[str(verdict.exit_code)].strip("`") for verdict in Verdict} == {verdict.value for verdict in Verdict}
