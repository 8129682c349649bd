"""No subject keeps a trial from its verdict, makes the harness grow, or leaves anything behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hostile.run_trial import Order
from subjects import FAULT_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostile.conftest import Ended

    Trials = Callable[["Enemy"], Ended]

pytestmark = pytest.mark.timeout(300)

MEMORY = 200 * 2**20
EVIDENCE = 16 * 2**20
SECONDS = 120.0
FASTER = 0.2
STOP = ("stop.within-30-seconds", "stop.prompt-when-idle")
CALLS = ("invocations.answers", "invocations.within-60-seconds", "ping.within-2-seconds")
LIVES = ("start.keeps-running",)


@dataclass(frozen=True)
class Enemy:
    """A hostile subject.

    Attributes:
        id: names its test.
        order: how it is put on trial.
        causes: ids of which the diagnosis on top has one; empty where its hostility need not break a clause.
        code: the trial's exit code; None where that depends on how quick the machine is.
        ready: whether it answers the ping properly, and is hostile to calls only.
    """

    id: str
    order: Order
    causes: tuple[str, ...] = ()
    code: int | None = 1
    ready: bool = False


def enemy(fault: str, *causes: str, code: int | None = 1, scale: float = FASTER, **order: object) -> Enemy:
    """One that is hostile from its start. Contract times are cut to a fifth."""
    asked = Order("", FAULT_VARIABLE, fault, "", scale=scale, **order)  # type: ignore[arg-type]  # fields of Order
    return Enemy(fault, asked, causes, code)


def calls(fault: str, cause: str, *clauses: str) -> Enemy:
    """One that is healthy by the ping, and hostile to whoever calls."""
    asked = Order("", "HOSTILE", fault, "", window=200.0, scale=FASTER, clauses=clauses)
    return Enemy(f"ready-{fault}", asked, (cause,), ready=True)


ENEMIES = (
    # the slowest first: they run side by side
    calls("silent", "call-hangs"),
    calls("turns", "call-hangs"),
    calls("one-byte", "call-unfinished", *CALLS),
    calls("never-closes", "call-unfinished", *CALLS),
    enemy("log-flood", code=0, window=400.0, clauses=(*LIVES, *STOP)),
    calls("huge-body", "call-answer-broken"),
    calls("million-headers", "call-answer-broken", *CALLS),
    calls("garbage", "call-answer-broken", *CALLS),
    enemy("fill-disk", "resource-limit", window=60.0, disk_bytes=64 * 2**20, clauses=LIVES, scale=1.0),
    enemy("endless-log", "resource-limit", window=400.0, log_bytes=2**20),
    enemy("ignore-term", "sigterm-ignored", window=200.0, clauses=STOP),
    enemy("fork-bomb", code=None, window=100.0, clauses=("ping.stays-200", *STOP)),
    enemy("never-closes", "ping-hangs"),
    enemy("one-byte", "ping-hangs"),
    enemy("silent", "ping-hangs"),
    enemy("huge-body", "ping-answer-broken", "ping-hangs"),
    enemy("million-headers", "ping-answer-broken"),
    enemy("garbage", "ping-answer-broken"),
    enemy("exit-loop", "crash-loop"),
)
SPENDER = Enemy("spender", Order("", "HOSTILE", "silent", "", window=60.0, driving=6.0), code=10, ready=True)


@pytest.mark.parametrize("enemy", [SPENDER, *ENEMIES], ids=lambda enemy: enemy.id)
def test_it_ends_in_a_verdict_in_time_and_in_bounds(enemy: Enemy, ended: Trials):
    trial = ended(enemy)
    counts = trial.result["counts"]
    assert trial.outcome.seconds < SECONDS
    assert trial.outcome.peak < MEMORY
    assert trial.evidence_bytes < EVIDENCE
    assert trial.left == ()
    assert counts["HARNESS_ERROR"] == 0
    assert trial.result["exit_code"] in ({0, 1, 10} if enemy.code is None else {enemy.code})
    assert bool(counts["FAIL"]) == (trial.result["exit_code"] == 1)
    assert enemy.causes or counts["FAIL"] or not trial.result["diagnoses"]


@pytest.mark.parametrize("enemy", [enemy for enemy in ENEMIES if enemy.causes], ids=lambda enemy: enemy.id)
def test_the_cause_is_named(enemy: Enemy, ended: Trials):
    top = ended(enemy).result["diagnoses"][0]
    assert top["id"] in enemy.causes
    assert top["proven"]


def named(*ids: str) -> list[Enemy]:
    """Some of the enemies."""
    return [enemy for enemy in ENEMIES if enemy.id in ids]


@pytest.mark.parametrize("enemy", named("log-flood"), ids=lambda enemy: enemy.id)
def test_a_flood_is_drained_to_its_end_and_the_record_says_what_was_dropped(enemy: Enemy, ended: Trials):
    log = ended(enemy).observation("log@main")["value"]
    assert log["total_lines"] == 2_000_002
    assert log["dropped_lines"] == log["total_lines"] - len(log["lines"]) > 1_900_000


@pytest.mark.parametrize("enemy", named("ready-huge-body", "ready-million-headers"), ids=lambda enemy: enemy.id)
def test_an_answer_without_end_is_cut_and_marked(enemy: Enemy, ended: Trials):
    first = ended(enemy).observation("samples")["value"]["tried"][0]["first"]
    assert first["trouble"] == "too-large"
    answer = first["answer"]
    assert answer["headers_cut"] or answer["body"]["cut"]
    assert not answer["complete"]


@pytest.mark.parametrize("enemy", [SPENDER], ids=lambda enemy: enemy.id)
def test_what_was_not_seen_in_the_time_for_driving_is_untested_and_says_so(enemy: Enemy, ended: Trials):
    result = ended(enemy).result
    spent = [v for v in result["verdicts"] if "used up the" in v["observed"]]
    assert spent
    assert {(v["word"], v["untested"]) for v in spent} == {("UNTESTED", "prerequisite")}
    assert result["grade"] == "incomplete"
