"""Every deliberate fault is caught by its clause, for the named reason, and changes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kill_matrix.matrix import process_variants

from seatrial.reference_server.variants import Kind, Variant

if TYPE_CHECKING:
    from kill_matrix.fleet import Fleet


@pytest.mark.parametrize("variant", process_variants(Kind.MUTANT), ids=lambda variant: variant.name)
def test_a_mutant_is_caught_for_its_reason_and_for_nothing_else(fleet: Fleet, variant: Variant) -> None:
    found = fleet.complaints_about(variant)
    assert not found, "\n".join([f"{variant.name}: {variant.summary}", *found])
