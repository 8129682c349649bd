"""What a trial prints."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.result import Diagnosis
from seatrial.conformance.verdict import Level, Verdict, Word
from seatrial.reports.plan_text import plan_lines
from seatrial.reports.terminal import summary_lines, verdict_line
from seatrial.reports.words import counts, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.result import TrialResult
    from seatrial.reports.terminal import Line


def text(lines: Iterable[Line]) -> str:
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def summary(result: TrialResult, code: int = 0) -> str:
    return text(summary_lines(result, code))


FORM = r"""
FAIL  port\.not-loopback  MUST  realtime            \[[^\]]+\]
  expected 200, observed: connection refused for 30\.0 s \(61 tries\)
  cause   the server listens on 127\.0\.0\.1:8080 inside the container        proven: socket table of pid 7
  cure    bind 0\.0\.0\.0 \(gunicorn: --bind 0\.0\.0\.0:8080\)
  log     12 lines during this check, last: "Listening at: http://127\.0\.0\.1:8080"
  repro   curl -sv .*http://127\.0\.0\.1:8080/ping\s+seatrial replay [a-z2-7]{4,6}
  hidden  HIDDEN clauses untested because of this one
"""


def test_a_failure_has_the_form_of_the_design(loopback: TrialResult):
    form = FORM.replace("HIDDEN", str(loopback.diagnoses[0].hides))
    assert re.search(form, summary(loopback)), summary(loopback)


def test_the_grade_with_its_counts_is_the_last_line(trials: dict[str, TrialResult]):
    last = {name: summary(result).splitlines()[-1] for name, result in trials.items()}
    assert last["certified"].startswith("CERTIFIED  abalone:1.4  Every MUST in reach holds")
    loopback = trials["loopback"]
    told = f"NOT CERTIFIED  abalone:1.4  {sentence(loopback)}  {counts(loopback)}"
    assert last["loopback"] == told
    assert f"1 FAIL, {loopback.count(Word.UNTESTED)} UNTESTED" in told


def test_missing_inputs_come_first_with_their_option(warned: TrialResult):
    first = summary(warned).splitlines()[0]
    assert first == "MISSING INPUT  --trial-slow-sample FILE  2 clauses untested: no slow-sample was offered"


def test_warnings_stand_in_a_section_of_their_own_after_the_failures(warned: TrialResult):
    shown = summary(warned)
    assert "Warnings: 2 broken SHOULDs" in shown
    assert "FAIL" not in shown
    assert shown.index("Warnings:") < shown.index("WARN  image.unbuffered-python")


def test_what_is_out_of_reach_is_counted_apart(certified: TrialResult):
    assert "Out of reach of this launcher: 1 clause untested" in summary(certified)


def test_the_time_is_broken_down_and_the_exit_code_explained(certified: TrialResult):
    shown = summary(certified, 0)
    assert "  time    48.2 s in all, 3 starts of 3 planned" in shown
    assert "  starts  main 2.7 s, stop-busy 2.9 s, files 2.6 s" in shown
    assert "  waits   11.0 s deliberate, many overlap: keep-alive 6.0 s, pings 5.0 s" in shown
    assert "  work    driving 17.4 s, judging 0.060 s" in shown
    assert "  exit    0: no clause that must hold is broken" in shown


def test_a_likely_cause_is_not_called_proven(hostile: TrialResult):
    assert "likely: " in summary(hostile)
    assert "proven: " not in summary(hostile)


def test_a_cause_without_a_broken_clause_is_told(certified: TrialResult):
    cause = Diagnosis(
        "needs-network", "the start needs the network", "three look-ups failed", "use --trial-network", hides=70
    )
    shown = summary(replace(certified, diagnoses=(cause,)))
    assert "WHY   needs-network\n  cause   the start needs the network        proven: three look-ups failed" in shown
    assert "  hidden  70 clauses untested because of this" in shown


def test_a_fault_of_the_harness_shows_the_end_of_its_traceback(certified: TrialResult):
    first, *rest = certified.verdicts
    broken = replace(
        first, word=Word.HARNESS_ERROR, observed="Traceback:\n  line\nZeroDivisionError: division by zero\n"
    )
    assert "HARNESS ERROR  image.architecture\n  Traceback:\n    line\n  ZeroDivisionError" in summary(
        replace(certified, verdicts=(broken, *rest))
    )


def test_a_subject_cannot_move_the_cursor(hostile: TrialResult):
    shown = summary(hostile) + text(verdict_line(v) for v in hostile.verdicts)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", shown)


def test_a_summary_of_four_hundred_verdicts_stays_readable(hostile: TrialResult):
    assert len(summary(hostile).splitlines()) < 400


def test_a_verdict_is_one_line(any_trial: TrialResult):
    for verdict in any_trial.verdicts:
        line = text([verdict_line(verdict)])
        assert verdict.clause in line
        assert "\n" not in line


def test_an_untested_verdict_names_the_option():
    verdict = Verdict(
        "a.b", "realtime", Level.MUST, Word.UNTESTED, observed="no sample was offered", option="--trial-sample FILE"
    )
    assert text([verdict_line(verdict)]).endswith("no sample was offered (--trial-sample FILE)")


def test_the_plan_lists_launches_waits_and_what_the_subject_is_given(certified: TrialResult):
    shown = text(plan_lines(certified.plan, TrialOptions(image="abalone:1.4")))
    assert shown.startswith(
        "seatrial  abalone:1.4  image\n  plan     3 starts, about 19.0 s of driving, 9.0 s of deliberate waits"
    )
    assert "  stop-busy        stop with requests in flight  about 3.0 s, waits 2.0 s" in shown
    assert "  not started      image, labels" in shown
    assert "  left out         gpu: this host has no GPU" in shown
    assert "8 GiB memory, every CPU, 4096 processes, 1 GiB shared memory, no GPU, no route out, 480 s to start" in shown
