"""What a container wrote, read where the engine keeps it: the folder of its own layer, if that is one of this host.

Engines answer the same question, but some of them by comparing every file of the container with the image's, which
takes seconds of two processors each time. The layer holds what was written and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.image_files import layer_folders
from seatrial.conformance.subject.launcher import FileChange
from seatrial.conformance.subject.model_dir import disk_usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient
    from docker.models.containers import Container

    from seatrial.conformance.subject.mounts import Mounted

__all__ = ["Written", "changes_in"]

KINDS = ("changed", "added", "deleted")
ENGINE_FILES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/.dockerenv", "/etc/mtab"})
OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque")
"""Marks of a folder that hides what lower layers hold at its place."""
MARKED = ".wh."
"""How the name of a removed path begins where the file system takes no device for it."""
OPAQUE_FILES = (".wh..opq", ".wh..wh..opq")
"""The same mark as a file in the folder."""


class Written:
    """What one container wrote.

    Args:
        container: described, so that its layers are known.
        api: of the engine, which is asked where the layers cannot be read.
        mounted: its model directory.
        on_this_host: whether the engine's folders are those of this host.
    """

    def __init__(self, container: Container, api: APIClient, mounted: Mounted, *, on_this_host: bool) -> None:
        self._container, self._api, self._mounted = container, api, mounted
        self._on_this_host = on_this_host

    def changes(self) -> tuple[FileChange, ...]:
        """Paths that differ from the image, and from its own copy of the model directory."""
        layers = self._layers()
        found = changes_in(layers) if layers else self._diff()
        of_the_subject = (c for c in found if c.path not in ENGINE_FILES and not self._mounted.explains(c.path))
        return (*of_the_subject, *self._mounted.changes(self._container))

    def disk_bytes(self) -> int:
        """Bytes on disk: its own layer, its volumes, its writable model directory."""
        layers = self._layers()
        own = disk_usage(layers[0]) if layers else self._size()
        return own + self._mounted.disk_bytes(self._container)

    def _layers(self) -> tuple[Path, ...]:
        return layer_folders(self._container.attrs) if self._on_this_host else ()

    def _diff(self) -> tuple[FileChange, ...]:
        with engine_errors("the engine did not list the changed files"):
            found: Any = self._container.diff() or []
        return tuple(FileChange(entry["Path"], KINDS[entry["Kind"]]) for entry in found)

    def _size(self) -> int:
        with engine_errors("the engine did not say how much was written"):
            rows = self._api.containers(all=True, size=True, filters={"id": self._container.id})
        return sum(int(row.get("SizeRw") or 0) for row in rows)


def changes_in(layers: tuple[Path, ...]) -> tuple[FileChange, ...]:
    """Paths that differ from the image, as a container names them.

    Args:
        layers: the container's own layer, then those of the image, the uppermost first.
    """
    own, *image = layers
    return tuple(change for path in _below(own) if (change := _change(path.relative_to(own), own, image)) is not None)


def _below(layer: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(layer):
        yield from (Path(folder, name) for name in sorted((*folders, *files)))


def _change(path: Path, own: Path, image: list[Path]) -> FileChange | None:
    if path.name in OPAQUE_FILES:
        return None
    if path.name.startswith(MARKED):
        return FileChange(f"/{path.with_name(path.name.removeprefix(MARKED))}", "deleted")
    try:
        now = (own / path).lstat()
    except OSError:
        return None  # removed in between
    if _is_whiteout(now):
        return FileChange(f"/{path}", "deleted")
    before = _in_image(path, image)
    if before is None:
        return FileChange(f"/{path}", "added")
    # A folder stands in the layer for what is below it, too.
    same = stat.S_ISDIR(now.st_mode) and (now.st_mode, now.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    return None if same else FileChange(f"/{path}", "changed")


def _in_image(path: Path, image: list[Path]) -> os.stat_result | None:
    """What the image holds at a path; None for nothing."""
    for layer in image:
        found, covered = _in_layer(path, layer)
        if found is not None or covered:
            return found
    return None


def _in_layer(path: Path, layer: Path) -> tuple[os.stat_result | None, bool]:
    """What one layer holds at a path, and whether it hides what is below it there."""
    found, covered = None, False
    for part in (*reversed(path.parents[:-1]), path):
        if os.path.lexists((layer / part).with_name(f"{MARKED}{part.name}")):
            return None, True
        try:
            found = (layer / part).lstat()
        except OSError:
            return None, covered
        if _is_whiteout(found):
            return None, True
        covered = covered or not stat.S_ISDIR(found.st_mode) or _is_opaque(layer / part)
    return found, covered


def _is_whiteout(found: os.stat_result) -> bool:
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _is_opaque(folder: Path) -> bool:
    for mark in OPAQUE:
        with contextlib.suppress(OSError):
            if os.getxattr(folder, mark, follow_symlinks=False) == b"y":
                return True
    return any(os.path.lexists(folder / name) for name in OPAQUE_FILES)
