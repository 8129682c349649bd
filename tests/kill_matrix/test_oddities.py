"""A legal but unusual server breaks no clause, and as much of it is judged as of the ordinary one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kill_matrix.matrix import broken_in, process_variants, suite
from kill_matrix.rigs import RIGS

from seatrial.reference_server.variants import Kind, Variant

if TYPE_CHECKING:
    from kill_matrix.fleet import Fleet

MOST_OF_THEM = 0.6


@pytest.mark.parametrize("profile", RIGS)
def test_the_correct_server_keeps_every_clause_and_most_can_be_judged(fleet: Fleet, profile: str) -> None:
    correct = fleet.correct(profile)
    assert broken_in(correct) == []
    assert len(correct.verdicts) > MOST_OF_THEM * len(suite(profile).judged)


@pytest.mark.parametrize("variant", process_variants(Kind.ODDITY), ids=lambda variant: variant.name)
def test_an_oddity_breaks_no_clause_and_hides_none(fleet: Fleet, variant: Variant) -> None:
    found = fleet.broken_by(variant)
    assert not found, "\n".join([f"{variant.name}: {variant.summary}", *found])


def test_what_was_tried_again_alone_stayed_the_exception(fleet: Fleet) -> None:
    # Which ones lose the race for two busy cores is chance; that most need no second try is not.
    assert len(fleet.again) < len(process_variants(Kind.ODDITY)) / 2, (
        f"tried again alone, for the machine is too slow or a scenario too hasty: {fleet.again}"
    )
