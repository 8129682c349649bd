"""The files of an image in an archive, put together from its layers: upper ones replace and delete.

Only names, kinds, modes and link targets are kept, and where a file's first bytes are to be found.
"""

from __future__ import annotations

import posixpath
import tarfile
from typing import IO, TYPE_CHECKING, Any

from seatrial.conformance.subject.serve_word import HEAD_BYTES, Entry, driver_file

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LayerTree", "UnreadableLayerError"]

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
HARD_LINKS = 8


class UnreadableLayerError(Exception):
    """A layer is missing, or packed in a way that this Python does not unpack."""


class LayerTree:
    """The files of an image.

    Args:
        archive: the open archive.
        layers: names of the layers in it, lowest first.

    Raises:
        UnreadableLayerError: a layer cannot be read.
    """

    def __init__(self, archive: tarfile.TarFile, layers: Sequence[str]) -> None:
        self._archive = archive
        self._layers = layers
        self._entries: dict[str, Entry] = {"/": Entry("dir", 0o755)}
        self._where: dict[str, tuple[int, str]] = {}
        for number in range(len(layers)):
            self._add(number)

    def _add(self, number: int) -> None:
        new: dict[str, Entry] = {}
        where: dict[str, tuple[int, str]] = {}
        with self._open(number) as layer:
            kept: list[tarfile.TarInfo] = vars(layer)["members"]  # it would keep every header it has read
            for member in layer:
                kept.clear()
                path = posixpath.normpath(f"/{member.name}")
                folder, name = posixpath.split(path)
                if name == OPAQUE:
                    self._forget(folder, below_only=True)
                elif name.startswith(WHITEOUT):
                    self._forget(posixpath.join(folder, name.removeprefix(WHITEOUT)))
                else:
                    new[path] = _entry(member)
                    where[path] = (number, member.linkname if member.islnk() else member.name)
        for folder in {parent for path in new for parent in _parents(path)} - set(new):
            new[folder] = self._entries.get(folder, Entry("dir", 0o755))  # layers may leave parents out
        for path, entry in new.items():
            if entry.kind != "dir" and self._entries.get(path, entry).kind == "dir":
                self._forget(path)
            self._entries[path] = entry
            if path in where:
                self._where[path] = where[path]

    def _open(self, number: int) -> tarfile.TarFile:
        try:
            file: IO[bytes] | None = self._archive.extractfile(self._layers[number])
            if file is None:
                raise UnreadableLayerError(self._layers[number])
            return tarfile.open(fileobj=file, mode="r|*", bufsize=1 << 20)
        except (KeyError, tarfile.TarError) as error:
            raise UnreadableLayerError(f"{self._layers[number]}: {error}") from error

    def _forget(self, path: str, *, below_only: bool = False) -> None:
        for known in [known for known in self._entries if known.startswith(f"{path.rstrip('/')}/")]:
            del self._entries[known]
        if not below_only:
            self._entries.pop(path, None)

    def entry(self, path: str) -> Entry | None:
        """What stands at a path."""
        return self._entries.get(path)

    def head(self, path: str) -> bytes:
        """The first bytes of a file."""
        number, wanted = self._where[path]
        for _ in range(HARD_LINKS):
            with self._open(number) as layer:
                member = next((each for each in layer if each.name == wanted), None)
                if member is not None and member.isreg() and not member.islnk():
                    file: Any = layer.extractfile(member)
                    return bytes(file.read(HEAD_BYTES))
                if member is None or not member.islnk():
                    return b""
                wanted = member.linkname
        return b""

    def driver_files(self) -> tuple[str, ...]:
        """Paths of the NVIDIA driver's files."""
        return tuple(sorted(path for path, entry in self._entries.items() if entry.kind != "dir" and driver_file(path)))


def _parents(path: str) -> list[str]:
    """The folders above a path, the root left out."""
    parts = path.split("/")[1:-1]
    return [f"/{'/'.join(parts[: count + 1])}" for count in range(len(parts))]


def _entry(member: tarfile.TarInfo) -> Entry:
    if member.isdir():
        return Entry("dir", member.mode & 0o777)
    if member.issym():
        return Entry("link", target=member.linkname)
    return Entry("file" if member.isreg() or member.islnk() else "other", member.mode & 0o777)
