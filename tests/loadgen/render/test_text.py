"""The final table: the verdict first, both latencies by their names, and nothing that a CI log cannot hold."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.render.scrub import scrub
from seatrial.loadgen.render.text import print_result, result_text

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def test_no_line_is_wider_than_the_screen(any_run: tuple[Result, Observed]):
    for width in (80, 100):
        assert max(map(len, result_text(any_run[0], width=width).splitlines())) <= width


def test_without_colour_there_is_no_escape_code(any_run: tuple[Result, Observed]):
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", result_text(any_run[0]))


@pytest.mark.parametrize(
    ("name", "word", "end"),
    [
        ("met", "MET", "exit 0: every objective is met"),
        ("missed", "MISSED", "exit 1: an objective is missed"),
        ("invalid", "INVALID", "exit 3: the client was not fit: the figures say nothing about the server"),
        ("interrupted", "INTERRUPTED", "exit 130: interrupted by the user; the figures are partial"),
    ],
)
def test_the_verdict_stands_first_and_the_exit_code_last(runs: Runs, name: str, word: str, end: str):
    lines = result_text(runs[name][0]).splitlines()
    assert lines[0].startswith(f"{word}  ")
    assert lines[-1] == end


def test_service_and_response_time_stand_side_by_side_with_their_intervals(runs: Runs):
    result = runs["invalid"][0]
    lines = result_text(result).splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("latency"))
    assert lines[head].split()[1:] == ["service", "time", "response", "time"]
    assert lines[head + 1].split("  ")[-1].strip() == "from the intended time"
    row = next(line for line in lines if line.startswith("p95"))
    assert re.match(r"p95 +5\.28 ms  5\.\d\d … 5\.\d\d ms +17\.2 ms  17\.\d … 17\.\d ms$", row)
    assert [line.split()[0] for line in lines[head + 2 : head + 10]] == [
        "p50", "p90", "p95", "p99", "p99.9", "max", "mean", "samples",
    ]  # fmt: skip


def test_a_closed_loop_has_no_response_time(runs: Runs):
    text = result_text(runs["closed"][0])
    assert "service time" in text
    assert "response time" not in text
    assert "asked" not in text
    assert "send error" not in text


def test_errors_are_told_by_kind_with_an_example(runs: Runs):
    text = result_text(runs["met"][0])
    assert '10  server error  503 {"error": "overloaded"}' in text
    assert "3  timeout" in text
    assert "2 never sent" in text


def test_streams_have_a_table_of_their_own(runs: Runs):
    lines = result_text(runs["streamed"][0]).splitlines()
    rows = {line.split("  ")[0].strip(): line for line in lines}
    assert rows["TTFT"].split()[1:3] == ["5.16", "ms"]
    assert rows["ITL"].split()[1:] == ["10.0", "ms"] * 6
    assert "119,850 in 11,985 streams" in rows["tokens"]
    assert "0.21 USD a million output tokens" in " ".join(" ".join(lines).split())
    assert "NVIDIA A10G" in "\n".join(lines)


def test_an_unfit_client_is_told_why_and_what_to_do(runs: Runs):
    text = " ".join(result_text(runs["invalid"][0]).split())
    assert "invalid send error p99" in text
    assert "do give the client more cores with --workers" in text


def test_where_nothing_was_answered_no_latency_is_invented(runs: Runs):
    text = result_text(runs["nothing"][0])
    assert "No request succeeded, so there is no latency to tell." in text
    assert "p50 " not in text.partition("objectives")[0]
    assert "12,000  refused" in text


def test_what_the_samples_cannot_show_is_said(runs: Runs):
    text = " ".join(result_text(runs["few"][0]).split())
    assert "29 samples cannot show it" in text
    plain = replace(runs["few"][0], objectives=(replace(runs["few"][0].objectives[0], note=""),))
    assert "too few samples to show it" in result_text(plain)


def test_the_client_tells_of_itself_in_every_report(any_run: tuple[Result, Observed]):
    text = result_text(any_run[0])
    for name in ("loop lag", "CPU", "connections", "waits", "GC", "clock"):
        assert re.search(rf"^(client)? +{name} ", text, re.MULTILINE)


def test_a_file_gets_no_colour_and_force_color_brings_it(runs: Runs, monkeypatch: pytest.MonkeyPatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    plain, coloured = io.StringIO(), io.StringIO()
    print_result(runs["met"][0], plain)
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_result(runs["met"][0], coloured)
    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1;32mMET" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    again = io.StringIO()
    print_result(runs["met"][0], again)
    assert again.getvalue() == plain.getvalue()


def test_an_output_without_our_characters_still_gets_the_table(runs: Runs):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_result(runs["met"][0], out)
    out.flush()
    text = raw.getvalue().decode("ascii")
    assert "p50           5.10 ms  5.10 .. 5.1" in text
    assert "us" in text
    assert "?" not in text.partition("objectives")[0]


def test_a_scrubbed_result_prints_no_key(runs: Runs, key: str):
    assert key in result_text(runs["hostile"][0], width=110)
    assert "hunter2" not in result_text(scrub(runs["hostile"][0], [key]))
