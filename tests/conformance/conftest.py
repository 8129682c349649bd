"""Fixtures for tests of the core: a tiny profile of its own, whose scenario needs no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatrial.conformance import scenario as registry
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.subject.launcher import Ability, SubjectFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD = """
[profile]
name = "tiny"
title = "Tiny"
text = "A profile of the tests."
default = true
"""


@pytest.fixture
def registered() -> Iterator[None]:
    """Whatever a test registers is gone after it."""
    scenarios, judges = dict(registry.SCENARIOS), dict(registry.JUDGES)
    yield
    for table, saved in ((registry.SCENARIOS, scenarios), (registry.JUDGES, judges)):
        table.clear()
        table.update(saved)


@pytest.fixture
def suites(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a suites folder with one profile, from the text of its clauses."""

    def write(clauses: str) -> Path:
        folder = tmp_path / "suites"
        (folder / "tiny").mkdir(parents=True, exist_ok=True)
        (folder / "tiny" / "clauses.toml").write_text(HEAD + clauses)
        (folder / "sources.toml").write_text('[sources]\n"here" = { title = "Here", url = "https://example.org" }\n')
        return folder

    return write


@pytest.fixture
def facts() -> TrialFacts:
    """Facts of a process trial with signals and logs."""
    return TrialFacts(SubjectFacts("process", "tiny"), frozenset({Ability.LOGS, Ability.SIGNALS}))


@pytest.fixture
def record(facts: TrialFacts) -> Record:
    """An empty record in memory."""
    return Record(facts)
