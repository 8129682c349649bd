"""What is shown while a test runs: on a terminal, in a file, and with nothing at all."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from seatrial.loadgen.render.live import LineView, LiveView, NoView, open_view
from seatrial.loadgen.render.progress import line, sparkline, trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.snapshot import Snapshot


def drawn(snapshot: Snapshot, width: int = 80) -> str:
    """The view as it stands on a terminal of that width."""
    sheet = io.StringIO()
    console = Console(file=sheet, width=width, force_terminal=True, color_system=None)
    view = LiveView(sheet, "http://127.0.0.1:8080/invocations", console)
    with view:
        sheet.seek(0)
        sheet.truncate()
        view.update(snapshot)
        text = sheet.getvalue()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_the_view_tells_rate_latency_errors_and_the_time_left(shown: Snapshot):
    view = drawn(shown)
    for part in (
        "http://127.0.0.1:8080/invocations", "30.0 s of 60.0 s, 30.0 s left", "asked 200/s", "sent 199.5/s",
        "p50 5.10 ms", "p99 7.90 ms", "response", "5,990 answered", "4 failed", "6 in flight", "3 timeout, 1 reset",
        "send error p99 90.0 µs", "CPU 12.0 %", "█", "━",
    ):  # fmt: skip
        assert part in view
    assert "losing pace" not in view.lower()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_of_the_view_is_wider_than_the_terminal(shown: Snapshot, width: int):
    crowded = replace(shown, faults=tuple((f"kind {n}", 1000) for n in range(40)), behind=10, behind_ms=4000)
    assert max(len(row) for row in drawn(crowded, width).replace("\r", "\n").split("\n")) <= width


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"send_error": 12.0}, "the client is losing pace: send error p99 12.0 ms"),
        ({"behind": 812, "behind_ms": 4000.0}, "the client is losing pace: 812 requests due and not sent"),
        ({"cpu": 0.97}, "the client is losing pace: CPU 97.0 %"),
        ({"waited": 3}, "3 requests had to wait for a free connection"),
        ({"open_loop": False, "send_error": None, "cpu": 0.97}, "client-bound"),
    ],
)
def test_a_client_that_does_not_keep_up_is_told_with_its_cure(shown: Snapshot, change: dict[str, float], says: str):
    told = trouble(replace(shown, **change))
    assert says in told
    assert "--workers" in told or "--max-connections" in told
    assert says[:20].lower() in drawn(replace(shown, **change)).lower()


def test_a_client_that_keeps_up_is_left_alone(shown: Snapshot):
    assert trouble(shown) == ""
    assert trouble(replace(shown, send_error=4.0, p50=100.0)) == ""
    assert trouble(replace(shown, behind=1, behind_ms=0.1)) == ""


def test_without_a_terminal_a_plain_line_comes_every_ten_seconds(shown: Snapshot):
    out = io.StringIO()
    with LineView(out) as view:
        for quarter in range(4 * 35):
            view.update(replace(shown, elapsed_s=quarter / 4))
    lines = out.getvalue().splitlines()
    assert [told[:16] for told in lines] == ["10.0 s of 60.0 s", "20.0 s of 60.0 s", "30.0 s of 60.0 s"]
    assert "\x1b" not in out.getvalue()
    assert "p50 5.10 ms  p99 7.90 ms" in lines[0]


def test_losing_pace_is_told_at_once_and_not_again_until_the_next_line(shown: Snapshot):
    out = io.StringIO()
    with LineView(out) as view:
        for quarter in range(4 * 15):
            late = 12.0 if quarter >= 9 else 0.1
            view.update(replace(shown, elapsed_s=quarter / 4, send_error=late))
    lines = out.getvalue().splitlines()
    assert [told[:6] for told in lines] == ["2.25 s", "10.0 s"]
    assert all("losing pace" in told for told in lines)


def test_a_file_gets_lines_and_quiet_gets_nothing(shown: Snapshot):
    assert type(open_view(io.StringIO())) is LineView
    quiet = open_view(io.StringIO(), quiet=True)
    assert type(quiet) is NoView
    with quiet:
        quiet.update(shown)


def test_a_terminal_gets_the_live_view_unless_it_is_dumb(monkeypatch: pytest.MonkeyPatch):
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal:  # noqa: PTH123  a descriptor has no path
        monkeypatch.setenv("TERM", "xterm-256color")
        assert type(open_view(terminal)) is LiveView
        assert type(open_view(terminal, live=False)) is LineView
        monkeypatch.setenv("TERM", "dumb")
        assert type(open_view(terminal)) is LineView
    os.close(ours)


def test_the_lines_of_a_closed_loop_say_how_many_of_how_many(shown: Snapshot):
    told = line(replace(shown, open_loop=False, asked=None, send_error=None, total_s=None, total_requests=20_000))
    assert told.startswith("30.0 s, 5,994 of 20,000 requests  sent 199.5/s")
    assert "asked" not in told


def test_the_wait_for_the_last_answers_is_told(shown: Snapshot):
    assert "all due, 6 answers to come" in line(replace(shown, elapsed_s=61.0))


def test_a_sparkline_rises_with_its_values():
    assert sparkline([0, 1, 2, 4, 8], 10) == "▁▂▃▅█"
    assert sparkline([None, 5, None, 5], 10) == "██"
    assert sparkline(range(100), 3) == "███"
    assert sparkline([], 10) == ""
    assert sparkline([0.0, 0.0], 10) == "▁▁"


PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a background shell inherits that it is ignored
from seatrial.loadgen.render.live import open_view
from seatrial.loadgen.snapshot import Snapshot
now = Snapshot(
    3.0, 60.0, None, True, False, 600, 600, 594, 0, 6, 1.0, 200.0, 200.0, 198.0, 5.1, 7.9, 0.09, 0, 0, 0.0, (), ()
)
with open_view(sys.stderr) as view:
    for _ in range(3):
        view.update(now)
    sys.stdout.write("ready")
    sys.stdout.flush()
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_the_cursor_is_never_hidden(number: signal.Signals, read_all: Callable[[int], bytes]):
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    assert child.stdout is not None
    assert child.stdout.read(5) == b"ready"
    child.send_signal(number)
    child.wait(10)
    child.stdout.close()
    seen = read_all(ours)
    assert b"asked 200/s" in seen
    assert b"\x1b[?25l" not in seen
