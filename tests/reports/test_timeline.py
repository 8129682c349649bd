"""The boot and the stop as timelines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.result import Stop
from seatrial.reports.timeline import MOMENTS, boot_chart, stop_chart

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


def test_a_boot_goes_from_refused_over_503_to_200(certified: TrialResult):
    chart = boot_chart(certified.launches[0])
    assert [(s.label, s.kind) for s in chart.segments] == [("refused", "silent"), ("503", "loading"), ("200", "ready")]
    assert sum(s.width for s in chart.segments) == pytest.approx(100, abs=0.1)
    assert chart.moments[-1].text == "ready: 200 after 2.7 s"


def test_log_lines_stand_beside_the_pings_in_order_of_time(certified: TrialResult):
    chart = boot_chart(certified.launches[0])
    assert [m.at for m in chart.moments] == sorted(m.at for m in chart.moments)
    log = [m.text for m in chart.moments if m.kind == "log"]
    assert log[-1] == "model answers its own sample: ready"
    assert "stopped" not in log


def test_a_boot_that_was_given_up_says_so(loopback: TrialResult):
    chart = boot_chart(loopback.launches[0])
    assert chart.moments[-1].text == "given up: wrong-bind"
    assert [s.kind for s in chart.segments] == ["silent"]


def test_a_huge_log_is_cut_and_the_cut_is_counted(hostile: TrialResult):
    launch = hostile.launches[0]
    late = replace(launch.log, lines=tuple(replace(line, at=0.5) for line in launch.log.lines))
    chart = boot_chart(replace(launch, log=late))
    assert sum(m.kind == "log" for m in chart.moments) == MOMENTS
    assert chart.left_out == len(late.lines) - MOMENTS


def test_a_stop_runs_from_the_signal_to_the_exit(certified: TrialResult):
    chart = stop_chart(certified.launches[0].stop)
    assert [m.kind for m in chart.moments] == ["signal", "step", "step", "end"]
    assert chart.span == pytest.approx(1.1)


def test_what_was_not_observed_has_no_timeline(certified: TrialResult):
    assert boot_chart(replace(certified.launches[0], boot=None)) is None
    assert stop_chart(None) is None
    assert stop_chart(Stop("main", ())) is None
