"""Fixtures for the launchers: a run of our own, and launchers that are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from subjects import build_faults, build_static

from seatrial.conformance.subject.launcher import Limits, Offer
from seatrial.conformance.subject.lock import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seatrial.conformance.subject.image import ImageLauncher

NOTHING = Offer()
ALIVE = 2
"""So many launchers at once: each has networks, of which an engine has few."""
LIMITS = Limits(memory_bytes=512 * 2**20, pids=256, shm_bytes=64 * 2**20)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run whose lock and scratch folder lie in the test's own folder."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened = Run.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def faults() -> str:
    """The image of all run-time faults."""
    return build_faults()


@pytest.fixture(scope="session")
def static() -> Callable[[str], str]:
    """Builds an image that is broken before anything runs."""
    return build_static


@pytest.fixture(scope="module")
def shared() -> Iterator[Callable[..., ImageLauncher]]:
    """Makes prepared image launchers, the latest of which are kept, and closes them."""
    from seatrial.conformance.subject.image import ImageLauncher, Ways  # noqa: PLC0415  (only where an engine is used)

    def close(old: tuple[ImageLauncher, Run]) -> None:
        old[0].close()
        old[1].close()

    made: dict[tuple[object, ...], tuple[ImageLauncher, Run]] = {}

    def make(image: str, limits: Limits = LIMITS, offer: Offer = NOTHING, ways: Ways | None = None) -> ImageLauncher:
        key = (image, limits, offer, ways)
        if key not in made:
            while len(made) >= ALIVE:
                close(made.pop(next(iter(made))))
            run = Run.open()
            made[key] = ImageLauncher(image, limits, offer, run, ways=ways), run
            made[key][0].prepare()
        return made[key][0]

    yield make
    for each in made.values():
        close(each)


@pytest.fixture
def launcher(shared: Callable[..., ImageLauncher]) -> Iterator[Callable[..., ImageLauncher]]:
    """Gives a prepared image launcher, and stops what the test launched."""
    used: list[ImageLauncher] = []

    def give(*arguments: object, **more: object) -> ImageLauncher:
        used.append(shared(*arguments, **more))
        return used[-1]

    yield give
    for each in used:
        each.stop_all()
