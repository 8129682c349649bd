"""Clauses as pytest items: one file node for each test module, one item for each clause that it judges.

An item's set-up waits for the observations and judges; its run turns the verdict into pytest's own outcome. The verdict
itself comes from the trial: an item adds nothing to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.scenario import JUDGES, Judge
from seatrial.conformance.verdict import Level, Untested, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from seatrial.conformance.contract import Catalogue, Clause

__all__ = ["ClauseBroken", "ClauseFile", "ClauseItem", "HarnessFault", "sentence"]

UNJUDGED = frozenset({Word.UNTESTED, Word.NOT_APPLICABLE})


class ClauseBroken(Exception):
    """The clause does not hold; the message is for people."""


class HarnessFault(Exception):
    """The clause could not be judged through our own fault; the message is a traceback."""


class ClauseFile(pytest.File):
    """The clauses that one test module judges."""

    catalogue: Catalogue
    ask: Callable[[str], Verdict]
    strict: bool

    @classmethod
    def of(
        cls, path: Path, parent: pytest.Collector, *, catalogue: Catalogue, ask: Callable[[str], Verdict], strict: bool
    ) -> ClauseFile:
        """Make the node of a test module.

        Args:
            path: of the module.
            parent: its folder's node.
            catalogue: of the profiles judged.
            ask: waits for a clause's observations and judges it.
            strict: whether a broken SHOULD fails.
        """
        node: ClauseFile = cls.from_parent(parent, path=path)
        node.catalogue, node.ask, node.strict = catalogue, ask, strict
        return node

    def collect(self) -> Iterator[ClauseItem]:
        """One item a clause. The module was imported under its real name when the suite was loaded."""
        module = f"seatrial.suites.{self.path.parent.name}.{self.path.stem}"
        judged = {clause.id: clause for clause in self.catalogue.judged}
        for judge in JUDGES.values():
            if judge.module == module and judge.clause in judged:
                yield ClauseItem.of(self, judged[judge.clause], judge)


class ClauseItem(pytest.Item):
    """One clause.

    Attributes:
        clause: as the catalogue states it.
        judge: its pure function.
        verdict: once judged.
    """

    clause: Clause
    judge: Judge
    verdict: Verdict | None = None

    @classmethod
    def of(cls, parent: ClauseFile, clause: Clause, judge: Judge) -> ClauseItem:
        """Make the item of a clause, with its level, profile and area as marks for `-m`."""
        item: ClauseItem = cls.from_parent(parent, name=clause.id)
        item.clause, item.judge = clause, judge
        for mark in marks(clause):
            item.add_marker(mark)
        return item

    def setup(self) -> None:
        """Wait for the observations and judge.

        Raises:
            HarnessFault: the clause could not be judged through our own fault.
        """
        verdict = self.verdict = self._file.ask(self.clause.id)
        properties = ("clause", verdict.clause), ("level", str(verdict.level)), ("verdict", str(verdict.word))
        self.user_properties.extend(properties)
        if verdict.word is Word.HARNESS_ERROR:
            raise HarnessFault(verdict.observed)

    def runtest(self) -> None:
        """Turn the verdict into pytest's own outcome.

        Raises:
            ClauseBroken: a MUST is broken, or a SHOULD in a strict trial.
        """
        verdict = self.verdict
        if verdict is None:
            raise HarnessFault(f"{self.clause.id} was run before it was judged")
        if verdict.word in UNJUDGED:
            pytest.skip(sentence(verdict))
        if verdict.word is Word.FAIL or (verdict.word is Word.WARN and self._file.strict):
            raise ClauseBroken(sentence(verdict))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        """A sentence for a broken clause, our traceback for a fault of ours, pytest's own words for all else."""
        if isinstance(excinfo.value, (ClauseBroken, HarnessFault)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the clause is judged, and how a headline calls it."""
        return self.path, self.judge.line - 1, f"{self.clause.id} ({self.clause.level})"

    @property
    def _file(self) -> ClauseFile:
        assert isinstance(self.parent, ClauseFile)  # noqa: S101  for the type checker: `of` takes no other parent
        return self.parent


def marks(clause: Clause) -> tuple[str, ...]:
    """What `-m` selects by: the level in lower case, the profile, and the area (the part of the id before the dot)."""
    return clause.level.lower(), clause.profile, clause.id.partition(".")[0]


def sentence(verdict: Verdict) -> str:
    """A verdict in one sentence."""
    if verdict.word is Word.UNTESTED:
        mends = verdict.untested is Untested.MISSING_INPUT and verdict.option
        return f"UNTESTED ({verdict.untested}): {verdict.observed}" + (f"; {mends} would test it" if mends else "")
    if verdict.word is Word.NOT_APPLICABLE:
        return f"NOT_APPLICABLE: {verdict.observed}"
    levels = {Level.MUST: "a MUST", Level.SHOULD: "a SHOULD", Level.MAY: "a MAY"}
    return (
        f"{verdict.clause} ({levels[verdict.level]}) is broken [{verdict.reason}]: "
        f"expected {verdict.expected}, observed: {verdict.observed}"
    )
