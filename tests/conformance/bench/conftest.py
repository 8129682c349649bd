"""What benchmarks of the reference server measured, each run once for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.benches import ECHO, LLM, QUICK, bench
from support.berth import Berth

from seatrial.conformance.bench.document import read_performance

if TYPE_CHECKING:
    from pathlib import Path

    from support.berth import Ended

    from seatrial.conformance.bench.result import Performance


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """A benchmark of the echo model, and the file that it wrote."""
    berth = Berth.at(tmp_path_factory.mktemp("echo"))
    ended = bench(berth, "--process", ECHO, *QUICK, "--json", "out.json", "--report", "report")
    assert ended.code == 0, ended.err
    return ended, berth.folder / "out.json"


@pytest.fixture(scope="session")
def performance(measured: tuple[Ended, Path]) -> Performance:
    """The same, read back."""
    return read_performance(measured[1], "--baseline")


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark of the sample language model."""
    berth = Berth.at(tmp_path_factory.mktemp("llm"))
    ended = bench(
        berth, "--process", LLM, "--concurrency", "2", "--duration", "2", "--json", "out.json",
        "--instance-type", "ml.g5.2xlarge",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    return berth.folder / "out.json"
