"""A start that fails for want of a network or of a model is the trial's doing: incomplete, with the option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from diagnosis.faults import Fault

from seatrial.conformance.verdict import Grade, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.result import TrialResult

    Trials = Callable[[Fault], TrialResult]

pytestmark = pytest.mark.timeout(300)

NETWORK, MODEL = "network-needed-at-start", "model-needed-at-start"
BRIDGE, MODEL_DIR = "--trial-network bridge", "--trial-model-dir DIR"
ISOLATION = ("isolation.starts-without-network",)
STARTS = ("start.stays-up", "start.becomes-ready", "ping.answers-200")

HINDERED = (
    Fault("download", NETWORK, BRIDGE, ("log of the start", "no route out"), ("start.stays-up",), window=30.0),
    Fault("wait-for-hub", NETWORK, BRIDGE, ("it calls", ":8080", "no route out"), ("start.becomes-ready",)),
    Fault("read-model", MODEL, MODEL_DIR, ("nothing is mounted", "model.pkl"), ("start.stays-up",), window=30.0),
)
GIVEN = Fault(
    "download", "", "", (), (), judge=STARTS, window=60.0, network="bridge", variant="bridge"
)  # fmt: skip
CLAIMED = tuple(
    Fault("download", NETWORK, "it needs the network to start", proof, ISOLATION, judge=ISOLATION, hides=False,
          window=20.0, network=network, profiles=("isolated",), variant=f"isolated-{network or 'alone'}")
    for network, proof in (
        ("", ("log of the start",)), ("bridge", ("with the network bridge: 200 after", "without one:")),
    )
)  # fmt: skip
WRONG_MODEL = Fault(
    "read-model", "crash-at-start", "FileNotFoundError", ("code 1",), ("start.stays-up",), model=True, window=30.0,
    variant="given",
)  # fmt: skip


def ids(fault: Fault) -> str:
    return fault.id


@pytest.mark.parametrize("fault", HINDERED, ids=ids)
def test_what_the_trial_does_not_give_leaves_it_incomplete_with_the_option(fault: Fault, trials: Trials):
    result = trials(fault)
    assert [d.id for d in result.diagnoses] == [fault.cause]
    found = result.diagnoses[0]
    for part in fault.proof:
        assert part in found.proof
    assert fault.says in found.cure
    assert fault.clauses[0] in found.clauses
    assert found.proven
    assert found.hides
    assert not result.of(Word.FAIL, Word.HARNESS_ERROR)
    assert fault.says in result.missing_options
    assert (result.grade, result.exit_code) == (Grade.INCOMPLETE, 10)


@pytest.mark.parametrize("fault", [GIVEN], ids=ids)
def test_with_the_network_it_is_judged(fault: Fault, trials: Trials):
    result = trials(fault)
    assert not result.diagnoses
    assert {v.word for v in result.verdicts} == {Word.PASS}


@pytest.mark.parametrize("fault", CLAIMED, ids=ids)
def test_one_that_claims_to_be_isolated_fails(fault: Fault, trials: Trials):
    result = trials(fault)
    assert [d.id for d in result.diagnoses] == [fault.cause]
    assert fault.says in result.diagnoses[0].cause
    for part in fault.proof:
        assert part in result.diagnoses[0].proof
    assert set(ISOLATION) <= set(result.diagnoses[0].clauses)
    assert [v.clause for v in result.of(Word.FAIL)] == list(ISOLATION)
    assert result.exit_code == 1


@pytest.mark.parametrize("fault", [WRONG_MODEL], ids=ids)
def test_a_model_directory_without_the_model_is_no_excuse(fault: Fault, trials: Trials):
    result = trials(fault)
    assert [(d.id, d.clauses) for d in result.diagnoses] == [(fault.cause, fault.clauses)]
    assert fault.says in result.diagnoses[0].cause
    assert result.exit_code == 1
