"""Puts every selected mutant or oddity on trial once, for all tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kill_matrix.fleet import Fleet
from kill_matrix.matrix import Harbour

from seatrial.reference_server.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Every selected variant of the module, on trial: where modules are spread over processes, each tries its own."""
    wanted: list[Variant] = [
        variant
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.parent is request.node and hasattr(item, "callspec")
        if isinstance(variant := item.callspec.params.get("variant"), Variant)
    ]
    with Harbour(tmp_path_factory.mktemp("matrix")) as harbour:
        fleet = Fleet(harbour, wanted)
        yield fleet
        fleet.close()
