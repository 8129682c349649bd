"""What the tests of several folders share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.berth import Berth
from support.visits import SIZES, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

HERE = "tests/"
LONGEST_FIRST = (
    "kill_matrix/test_oddities", "conformance/subject/test_image.py", "kill_matrix/test_mutants", "hostile/",
    "kill_matrix/", "diagnosis/", "packaging/", "conformance/subject/", "plugin/", "loadgen/spread/", "loadgen/truth/",
)  # fmt: skip
"""Where the time goes, longest first: begun late, one of them would keep a single worker busy at the end."""
MEASURING = (
    "kill_matrix/test_oddities", "kill_matrix/test_mutants", "hostile/", "loadgen/engine/", "loadgen/truth/",
    "loadgen/capacity/", "loadgen/spread/", "loadgen/test_cli", "conformance/bench/",
)  # fmt: skip
"""Tests that take the time of what they test: `tests/run.py` never has more of them at work than there are cores."""
MATRIX = ("kill_matrix/test_oddities", "kill_matrix/test_mutants", "kill_matrix/test_image_mutants")
"""Tests of the tests, a trial each: a run of their own, `make matrix`."""


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers that `tests/run.py` selects by."""
    config.addinivalue_line("markers", "measuring: takes the time of what it tests, so it wants a core of its own")
    config.addinivalue_line("markers", "matrix: puts a deliberately broken or odd server on trial")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, the order within a file stays; mark what takes times."""
    items.sort(key=_rank)
    for item in items:
        place = item.nodeid.removeprefix(HERE)
        for marker, heads in (("measuring", MEASURING), ("matrix", MATRIX)):
            if place.startswith(heads):
                item.add_marker(marker)


def _rank(item: pytest.Item) -> int:
    place = item.nodeid.removeprefix(HERE)
    return next((rank for rank, head in enumerate(LONGEST_FIRST) if place.startswith(head)), len(LONGEST_FIRST))


@pytest.fixture
def berth(tmp_path: Path) -> Berth:
    """A folder in which trials are run from outside."""
    return Berth.at(tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; gone after each module, for its event loop keeps others of the process from running theirs."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (most tests need no browser)

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("chromium is not on PATH: install it (`apt-get install chromium`) to test the HTML reports")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Opens the bytes of a page from a file."""
    contexts = []

    def open_bytes(page: bytes, scheme: str = "light", size: str = "desk", anchor: str = "") -> Visit:
        path = tmp_path / "report.html"
        path.write_bytes(page)
        width, height = SIZES[size]
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.goto(path.as_uri() + anchor)
        return visit

    yield open_bytes
    for context in contexts:
        context.close()
