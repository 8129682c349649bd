"""Every fault of an image is caught by its clause, for the named reason, and changes nothing else.

It takes a Docker engine. The reference image is built where its inputs have changed; a mutant is one layer on it.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest
from kill_matrix.images import Yard, build_line, built
from kill_matrix.matrix import complaints, profile_of
from kill_matrix.rigs import BIDIRECTIONAL, STANDARDS

from seatrial.reference_server.images import build
from seatrial.reference_server.variants import Kind, Layer, Variant, every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kill_matrix.matrix import Tried

SIDE_BY_SIDE = 3
MUTANTS = tuple(variant for variant in every(Kind.MUTANT) if variant.layer is Layer.IMAGE)
BUILT_OTHERWISE = "as Docker's own builder does"
SHORTER = 0.1
"""By how much contract times are shortened where a fault is that a start waits."""
NEEDS_A_START = ("image.labels-are-true", "image.unbuffered-python")


class Form(StrEnum):
    """In which form an image is tried, and compared with the correct one."""

    ARCHIVE = "archive"
    LOOKED_AT = "looked-at"
    STARTED = "started"
    STANDARDS = "standards"
    """Started as well, and tried with the clauses of that profile."""
    BIDIRECTIONAL = "bidirectional"
    """The same."""


STARTS = (Form.STARTED, Form.STANDARDS, Form.BIDIRECTIONAL)


class Convoy:
    """The trials of the selected mutants, all ordered at once, and those of the correct image."""

    def __init__(self, yard: Yard, mutants: list[Variant]) -> None:
        self._yard = yard
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="image-trial")
        ids = {form: tuple(i for m in mutants if form_of(m) is form for i in driven_for(m)) for form in Form}
        self._correct = {form: self._pool.submit(self._try_correct, form, ids[form]) for form in Form if ids[form]}
        self._tried = {mutant.name: self._pool.submit(self._try, mutant) for mutant in mutants}

    def _try_correct(self, form: Form, ids: tuple[str, ...]) -> Tried:
        if form is Form.ARCHIVE:
            return self._yard.trial_of_archive("correct", BUILT_OTHERWISE, ids)
        return self._yard.trial(self._yard.reference, ids)

    def _try(self, mutant: Variant) -> Tried:
        if how := build_line(mutant):
            return self._yard.trial_of_archive(mutant.name, how, driven_for(mutant))
        tag = built(mutant, self._yard.reference)
        try:
            scale = SHORTER if mutant.kills.startswith("isolation.") else 1.0
            return self._yard.trial(tag, driven_for(mutant), scale=scale)
        finally:
            subprocess.run(["docker", "rmi", tag], capture_output=True, check=False)

    def tried(self, mutant: Variant) -> Tried:
        """The finished trial of a mutant."""
        return self._tried[mutant.name].result()

    def correct(self, mutant: Variant) -> Tried:
        """The finished trial of the correct image, in the form that the mutant has."""
        return self._correct[form_of(mutant)].result()

    def close(self) -> None:
        """Wait for what still runs, and order nothing more."""
        self._pool.shutdown(cancel_futures=True)


def form_of(mutant: Variant) -> Form:
    """How a mutant is tried: without a start where its clause needs none."""
    if build_line(mutant):
        return Form.ARCHIVE
    if (profile := profile_of(mutant)) in {STANDARDS, BIDIRECTIONAL}:
        return Form(profile)
    static = mutant.kills.startswith("image.") and mutant.kills not in NEEDS_A_START
    return Form.LOOKED_AT if static else Form.STARTED


def driven_for(mutant: Variant) -> tuple[str, ...]:
    """The clauses whose scenarios are driven."""
    return (mutant.kills, *mutant.also) if form_of(mutant) in STARTS else (mutant.kills,)


@pytest.fixture(scope="module")
def convoy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Convoy]:
    """Every selected mutant, on trial."""
    wanted = [
        item.callspec.params["mutant"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.parent is request.node and hasattr(item, "callspec")
    ]
    reference = f"{build.REFERENCE}:latest"
    build.reference(reference, base_name=build.USUAL_BASE, backend="sklearn")
    convoy = Convoy(Yard(reference, tmp_path_factory.mktemp("archives")), wanted)
    yield convoy
    convoy.close()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_of_the_image_is_caught_for_its_reason_and_for_nothing_else(convoy: Convoy, mutant: Variant) -> None:
    found = complaints(mutant, convoy.tried(mutant), convoy.correct(mutant))
    assert not found, "\n".join([f"{mutant.name}: {mutant.summary}", *found])
