"""Starts with the model directory given in other ways, and looks at what the server does to it."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, FileChange, Files, LaunchSpec, scenario
from seatrial.suites.realtime.scenarios.crowd import CROWD
from seatrial.suites.realtime.scenarios.start import Started, need_ready, started

__all__ = ["FilesSeen", "OddFilesSeen"]

CALLS = 50
CALLING = 10.0
"""Contract seconds after which no further call is begun: a model may be slow."""
MODEL_DIR = "/opt/ml/model"
MOST = 200


@dataclass(frozen=True)
class FilesSeen:
    """What a server that may write to its model directory did there.

    Attributes:
        changes: paths below the model directory that it added, changed or deleted since its start; the first 200.
        calls: valid requests that were answered 2xx in between.
        known: whether a valid request was known.
    """

    changes: tuple[FileChange, ...]
    calls: int
    known: bool


@dataclass(frozen=True)
class OddFilesSeen:
    """A start with files of a foreign user, mode 0444, from 1970; `call` is a valid request, where one is known."""

    started: Started
    call: Exchange | None


@scenario("files", sees=FilesSeen, launch=CROWD, takes=2.0)
def files(drive: Drive) -> FilesSeen:
    """Call the server fifty times, then compare its model directory with what it was."""
    need_ready(drive)
    sample = next(iter(drive.valid), None)
    until = drive.instance.now() + drive.seconds(CALLING)
    answered = 0
    for _ in range(CALLS if sample else 0):
        if sample is None or drive.stopping.is_set() or drive.instance.now() > until:
            break
        answered += drive.invoke(sample).ok
    below = tuple(c for c in drive.instance.file_changes() if c.path.startswith(f"{MODEL_DIR}/"))
    return FilesSeen(_without_parents(below)[:MOST], answered, sample is not None)


@scenario(
    "odd-files", sees=OddFilesSeen, launch=LaunchSpec("odd-files", files=Files.ODD), inputs=("model-dir",), takes=0.2
)
def odd_files(drive: Drive) -> OddFilesSeen:
    """Record how the start went, and whether the model answers."""
    sample = next(iter(drive.valid), None)
    ready = drive.boot is not None and drive.boot.ready
    return OddFilesSeen(started(drive), drive.invoke(sample) if ready and sample else None)


def _without_parents(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """Leave out folders that count as changed only because of what changed in them."""
    paths = {change.path for change in changes}
    return tuple(
        change
        for change in changes
        if change.kind != "changed" or not any(path.startswith(f"{change.path}/") for path in paths)
    )
