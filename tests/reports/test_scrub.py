"""Secrets that slipped into a result reach no file, and logs are capped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.subject.logs import LogLine, LogSummary
from seatrial.conformance.wire.exchange import Body, Exchange, Request
from seatrial.reports.scrub import LINE_CHARACTERS, LOG_FIRST, LOG_LAST, scrub
from seatrial.reports.terminal import summary_lines
from seatrial.reports.write import render

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
PLANTED = (KEY, "dGhpcyBpcyBhIHBsYW50ZWQgdG9rZW4")
TOKEN = PLANTED[1]


@pytest.fixture
def leaking(warned: TrialResult):
    """A result with a planted secret in every kind of place."""
    request = Request(
        "POST", "/invocations", (("Authorization", f"Bearer {TOKEN}"), ("X-Api-Key", TOKEN)),
        Body(64, head=f'{{"access_key": "{KEY}"}}'.encode()),
    )  # fmt: skip
    first, *_ = warned.of("WARN")
    broken = replace(first, observed=f"Authorization: Bearer {TOKEN}", proof=(Exchange(request, detail=KEY),))
    log = LogSummary(
        (LogLine(0.1, "stdout", f"using key {KEY}"), LogLine(0.2, "stdout", f"Authorization: Bearer {TOKEN}")), 2, 90, 0
    )
    image = replace(warned.facts.subject.image, env=(("AWS_SECRET_ACCESS_KEY", TOKEN), ("HF_TOKEN", TOKEN)))
    subject = replace(warned.facts.subject, image=image)
    return replace(
        warned,
        facts=replace(warned.facts, subject=subject),
        verdicts=tuple(broken if v == first else v for v in warned.verdicts),
        launches=tuple(replace(x, log=log) for x in warned.launches),
        notes=(f"the registry answered: Bearer {TOKEN}",),
    )


def test_a_planted_secret_reaches_no_file_and_no_terminal(leaking: TrialResult):
    files = render(scrub(leaking))
    screen = "\n".join(span.text for line in summary_lines(scrub(leaking), 0) for span in line)
    for secret in PLANTED:
        told = [name for name, content in files.items() if secret.encode() in content]
        assert told == []
        assert secret not in screen


def test_the_secrets_would_reach_the_files_without_it(leaking: TrialResult):
    joined = b"".join(render(leaking).values())
    assert all(secret.encode() in joined for secret in PLANTED)


def test_scrubbing_twice_changes_nothing(any_trial: TrialResult):
    once = scrub(any_trial)
    assert scrub(once) == once


def test_a_result_without_secrets_and_floods_is_left_as_it_is(trials: dict[str, TrialResult]):
    for name in ("certified", "loopback", "warned"):
        assert scrub(trials[name]) == trials[name]


def test_a_huge_log_keeps_its_ends_and_counts_the_rest(hostile: TrialResult):
    log, whole = scrub(hostile).launches[0].log, hostile.launches[0].log
    assert len(log.lines) == LOG_FIRST + LOG_LAST
    assert log.dropped_lines + len(log.lines) == whole.total_lines
    assert (log.lines[0].at, log.lines[-1].at) == (whole.lines[0].at, whole.lines[-1].at)
    assert all(len(line.text) <= LINE_CHARACTERS and line.cut for line in log.lines)
