"""What was published about a server: the verdicts of its trials, and when and where they were found.

`docs/field-trials/NAME.json` holds it. A later run is compared with it verdict by verdict; times are not compared.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from field_trials.servers import PROJECT
from field_trials.workshop import versions

from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from pathlib import Path

    from field_trials.servers import Server
    from field_trials.trial import Kind

    from seatrial.conformance.result import TrialResult

__all__ = [
    "INDEX", "PAGES", "Finding", "Published", "Trial", "archive_of", "differences", "page_of", "publish",
    "read_published", "summary",
]  # fmt: skip

PAGES = PROJECT / "docs" / "field-trials"
INDEX = PAGES / "index.md"


@dataclass(frozen=True)
class Finding:
    """One verdict, without what differs from run to run."""

    word: Word
    reason: str = ""


@dataclass(frozen=True)
class Trial:
    """One trial: of the image, or of the process."""

    date: str
    machine: str
    grade: str
    exit_code: int
    verdicts: dict[str, Finding]


@dataclass(frozen=True)
class Published:
    """Everything that was published about one server."""

    server: str
    versions: dict[str, str]
    trials: dict[str, Trial] = field(default_factory=dict)

    def broken(self) -> frozenset[str]:
        """The clauses that one of the trials found broken: each needs a note that was written by hand."""
        every = (item for trial in self.trials.values() for item in trial.verdicts.items())
        return frozenset(clause for clause, finding in every if finding.word in {Word.FAIL, Word.WARN})


def summary(result: TrialResult) -> Trial:
    """What is published of a trial."""
    verdicts = {v.clause: Finding(v.word, v.reason) for v in result.verdicts}
    return Trial(result.facts.started[:10], machine(), str(result.grade), result.exit_code, verdicts)


def differences(before: Trial, after: Trial) -> list[str]:
    """Which verdicts are others now, a line each."""
    clauses = dict.fromkeys([*before.verdicts, *after.verdicts])
    pairs = ((clause, before.verdicts.get(clause), after.verdicts.get(clause)) for clause in clauses)
    return [f"{clause}: {_told(old)} published, {_told(new)} now" for clause, old, new in pairs if old != new]


def _told(finding: Finding | None) -> str:
    if finding is None:
        return "nothing"
    return f"{finding.word.value} ({finding.reason})" if finding.reason else finding.word.value


def read_published(server: Server) -> Published:
    """What was published about a server; nothing but its versions where it never was on trial."""
    path = _path(server)
    if not path.exists():
        return Published(server.name, versions(server))
    return msgspec.json.decode(path.read_bytes(), type=Published)


def publish(server: Server, known: Published) -> None:
    """Write it down."""
    PAGES.mkdir(parents=True, exist_ok=True)
    _path(server).write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n")


def archive_of(server: Server, kind: Kind) -> Path:
    """The published evidence of a trial."""
    return PAGES / f"{server.name}-{kind}.zip"


def page_of(server: Server) -> Path:
    """The page of a server."""
    return PAGES / f"{server.name}.md"


def _path(server: Server) -> Path:
    return PAGES / f"{server.name}.json"


def machine() -> str:
    """The class of this machine, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, no GPU, {platform.system()} {platform.machine()}"
