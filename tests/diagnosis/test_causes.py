"""Every root cause is named, proven by its experiment, and stands alone on top, in a trial of a real image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from diagnosis.faults import FAULTS, Fault

from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.result import TrialResult

    Trials = Callable[[Fault], TrialResult]

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_one_cause_is_on_top_with_its_proof(fault: Fault, trials: Trials):
    result = trials(fault)
    assert [d.id for d in result.diagnoses] == [fault.cause]
    found = result.diagnoses[0]
    assert fault.says in found.cause
    for part in fault.proof:
        assert part in found.proof
    assert found.proven
    assert found.cure
    assert found.clauses == fault.clauses
    assert {v.clause for v in result.of(Word.FAIL)} <= set(found.clauses)
    assert bool(found.hides) == fault.hides
    assert not result.of(Word.HARNESS_ERROR)
    assert result.exit_code == 1
