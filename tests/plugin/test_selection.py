"""pytest's own options choose clauses; whatever is not judged makes the result partial."""

from __future__ import annotations

import json

import pytest
from support.berth import Berth, certify


def listed(berth: Berth, *words: str) -> list[str]:
    """The clauses that a selection leaves, without judging them."""
    out = berth.certify("--collect-only", "-q", *words).out
    return [line.partition("::")[2] for line in out.splitlines() if "::" in line]


@pytest.mark.parametrize(
    ("words", "clauses"),
    [
        (("-k", "ping.answers-200"), ["ping.answers-200"]),
        (("-k", "test_ping"), ["ping.answers-200", "image.labelled"]),
        (("-m", "should"), ["echo.polite", "echo.slow"]),
        (("-m", "must and echo"), ["echo.answers", "echo.colour"]),
        (("-m", "tiny and not must"), ["echo.polite", "echo.length", "echo.slow"]),
    ],
)
def test_k_and_m_choose_by_id_module_level_profile_and_area(
    berth: Berth, words: tuple[str, ...], clauses: list[str]
) -> None:
    assert listed(berth, *words) == clauses


def test_a_selection_is_partial_and_drives_only_what_it_needs(berth: Berth) -> None:
    ended = berth.certify("-k", "pause", "--durations=3")
    assert (ended.code, ended.result()["grade"], ended.words()) == (0, "partial", {"pause.short": "PASS"})
    assert "partial" in ended.out.lower()
    assert "echo" not in {line["scenario"] for line in observations(berth)}


def test_an_empty_selection_is_exit_5_and_starts_nothing(berth: Berth) -> None:
    ended = berth.certify("-k", "nonsense", faults="mark=started")
    assert ended.code == 5
    assert not (berth.folder / "started").exists()


def test_x_stops_at_the_first_failure_and_is_partial(berth: Berth) -> None:
    ended = berth.certify("-x", faults="mirror")
    assert (ended.code, ended.result()["grade"]) == (1, "partial")


def test_lf_judges_only_what_failed_in_the_last_trial_of_this_subject(berth: Berth) -> None:
    berth.certify(faults="mirror")
    again = berth.certify("--lf", faults="mirror")
    other = berth.certify("--lf", "--report=other")
    assert again.words() == {"echo.answers": "FAIL"}
    assert len(other.words("other")) == 8
    assert not (berth.folder / ".pytest_cache").exists()


def test_n_is_accepted_and_one_process_judges(berth: Berth) -> None:
    ended = berth.certify("-n", "4", "-k", "pause")
    assert ended.code == 0
    assert "-n is ignored, one process drives the subject" in ended.out
    assert "gw0" not in ended.out


def test_plan_prints_what_would_be_done_and_starts_and_writes_nothing(berth: Berth) -> None:
    ended = berth.certify("--plan", faults="mark=started")
    assert ended.code == 0
    assert "echo" in ended.out
    assert "pause" in ended.out
    assert list(berth.folder.iterdir()) == []


def test_listing_clauses_does_not_even_look_at_the_subject(berth: Berth) -> None:
    ended = berth.run(*certify("--collect-only")[:3], "certify", "no-such-image", *certify("--collect-only")[6:])
    assert ended.code == 0
    assert "<ClauseItem echo.answers>" in ended.out


def observations(berth: Berth) -> list[dict[str, object]]:
    text = (berth.folder / "seatrial-report" / "evidence" / "observations.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]
