"""The adapters that the user offered: one read-only copy of them all for a run, given to every launch.

Beside them lies a copy of the first whose weights are cut short, for a scenario that offers something unusable.
"""

from __future__ import annotations

import threading
from pathlib import Path

from seatrial.conformance.subject.launcher import AdapterFiles
from seatrial.conformance.subject.model_dir import copy_tree, make_read_only

__all__ = ["ADAPTERS_DIR", "AdapterCopies"]

ADAPTERS_DIR = "/opt/seatrial-adapters"
"""Where a container finds the adapters, each in a folder of its name."""
DAMAGED = ".damaged"
"""No name of an adapter begins with a dot."""
DESCRIPTIONS = frozenset({".json", ".md", ".txt", ".jinja"})


class AdapterCopies:
    """Copies the adapters of one run.

    Args:
        adapters: (name, directory) of each, as the user offered them.
        scratch: where the copy is made.
    """

    def __init__(self, adapters: tuple[tuple[str, str], ...], scratch: Path) -> None:
        self._adapters = adapters
        self._folder = scratch / "adapters"
        self._damaged = False
        self._lock = threading.Lock()

    def get(self) -> Path | None:
        """The folder that holds the copies; None where no adapter was offered.

        Raises:
            SubjectError: a file cannot be copied.
        """
        if not self._adapters:
            return None
        with self._lock:
            if not self._folder.exists():
                self._make()
        return self._folder

    def seen_at(self, point: str) -> AdapterFiles:
        """The adapters as a subject sees them to which the folder is given at some path."""
        if not self._adapters:
            return AdapterFiles()
        return AdapterFiles(
            tuple((name, f"{point}/{name}") for name, _ in self._adapters),
            f"{point}/{DAMAGED}" if self._damaged else "",
        )

    def _make(self) -> None:
        self._folder.mkdir()
        self._folder.chmod(0o755)
        for name, source in self._adapters:
            copy_tree(Path(source), self._new(name), option=f"--trial-adapter {name}")
        first = self._folder / self._adapters[0][0]
        self._damaged = _cut_short(copy_tree(first, self._new(DAMAGED), option="--trial-adapter"))
        make_read_only(self._folder)

    def _new(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        folder.chmod(0o755)
        return folder


def _cut_short(folder: Path) -> bool:
    """Take the second half of every file that is no description; whether there was one."""
    weights = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in DESCRIPTIONS]
    for path in weights:
        path.chmod(0o644)
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2)
    return bool(weights)
