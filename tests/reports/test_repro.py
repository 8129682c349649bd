"""Findings can be shown again: replay files with short, stable ids, and curl lines."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from seatrial.conformance.verdict import Word
from seatrial.reports.repro import address_of, curl_of, ids_of, read_replay, replay_ids, replays

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


def test_each_exchange_that_proves_a_broken_clause_has_a_replay(hostile: TrialResult):
    wanted = {(v.clause, e.request) for v in hostile.of(Word.FAIL, Word.WARN) for e in v.proof}
    assert {(r.clause, r.exchange.request) for r in replays(hostile)} == wanted


def test_ids_are_short_and_none_is_given_twice(any_trial: TrialResult):
    ids = list(replay_ids(any_trial).values())
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z2-7]{4,6}", name) for name in ids)


def test_the_same_request_that_breaks_the_same_clause_keeps_its_id(warned: TrialResult):
    later = replace(
        warned,
        verdicts=tuple(replace(v, proof=tuple(replace(e, started=99.0) for e in v.proof)) for v in warned.verdicts),
    )
    assert replay_ids(later) == replay_ids(warned)


def test_two_pings_with_the_same_request_share_one_replay(loopback: TrialResult):
    (verdict,) = loopback.of(Word.FAIL)
    assert len(verdict.proof) == 2
    assert len(ids_of(verdict, replay_ids(loopback))) == 1
    assert len(replays(loopback)) == 1


def test_a_replay_file_is_read_back_as_it_was_written(any_trial: TrialResult):
    for replay in replays(any_trial):
        assert read_replay(msgspec.json.encode(replay)) == replay


def test_a_replay_says_what_is_needed_to_send_it_again(warned: TrialResult):
    (replay,) = replays(warned)
    assert (replay.clause, replay.subject_kind, replay.subject) == (
        "invocations.refuses-malformed",
        "image",
        "abalone:1.4",
    )
    assert (replay.launch.name, replay.launch.args, replay.scenario) == ("main", ("serve",), "malformed")
    assert replay.exchange.request.body.head == b"\x00\xffnot json"
    assert replay.expected.startswith("a 4xx answer")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("http://10.0.0.7:8081/model/", "http://10.0.0.7:8081/model"),
        ("https://model.example.org", "https://model.example.org:443"),
        ("http://localhost", "http://localhost:80"),
    ],
)
def test_an_endpoint_is_called_where_it_is(certified: TrialResult, name: str, shown: str):
    facts = replace(certified.facts, subject=replace(certified.facts.subject, kind="endpoint", name=name))
    assert str(address_of(replace(certified, facts=facts), "main")) == shown


def test_the_curl_line_is_one_that_a_shell_reads(loopback: TrialResult):
    (verdict,) = loopback.of(Word.FAIL)
    command = shlex.split(curl_of(loopback, verdict, verdict.proof[0]))
    assert command[0] == "curl"
    assert "http://127.0.0.1:8080/ping" in command
