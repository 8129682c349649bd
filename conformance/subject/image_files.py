"""Looks into an image through the engine, without running it.

A container is created, never started, and single files are read out of it. The search for driver files goes over the
names in the layers where they are folders of this host; else over one export of the whole image, within a budget of
time: an image too large for it is "not seen".
"""

from __future__ import annotations

import contextlib
import os
import stat
import tarfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors

from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.offers import SAMPLES_LABEL, Brought, bring
from seatrial.conformance.subject.serve_word import HEAD_BYTES, Entry, driver_file, resolve_serve
from seatrial.conformance.subject.serve_word import find_program as find_program_in
from seatrial.conformance.subject.streams import IterReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docker import DockerClient as Client
    from docker.models.containers import Container

    from seatrial.conformance.subject.launcher import Image

__all__ = ["EngineTree", "bring_along", "find_program", "layer_folders", "look_inside"]

BUDGET = 2.0
"""Seconds for the search for driver files."""
GO_DIR, GO_LINK = 1 << 31, 1 << 27
"""How the engine's language marks a folder and a link in a mode."""


class EngineTree:
    """The files of a created container."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._seen: dict[str, Entry | None] = {}

    def entry(self, path: str) -> Entry | None:
        """What stands at a path."""
        if path not in self._seen:
            self._seen[path] = self._ask(path)
        return self._seen[path]

    def _ask(self, path: str) -> Entry | None:
        try:
            stream, found = self._container.get_archive(path)
        except docker.errors.NotFound:
            return None
        _drop(stream)
        facts: dict[str, Any] = found or {}
        mode = int(facts["mode"])
        if mode & GO_LINK:
            return Entry("link", target=str(facts["linkTarget"]))
        return Entry("dir" if mode & GO_DIR else "file", stat.S_IMODE(mode & 0o777))

    def head(self, path: str) -> bytes:
        """The first bytes of a file."""
        stream, _ = self._container.get_archive(path, chunk_size=64 * 1024)
        try:
            with tarfile.open(fileobj=IterReader(stream), mode="r|") as archive:
                member = archive.next()
                file: Any = archive.extractfile(member) if member and member.isreg() else None
                return file.read(HEAD_BYTES) if file else b""
        finally:
            _drop(stream)


def look_inside(client: Client, image: Image, labels: dict[str, str], layers: tuple[Path, ...] = ()) -> Image:
    """Complete an `Image` with what its files say: `serve` and `driver_files`.

    Args:
        client: the engine.
        image: as its configuration describes it.
        labels: of the container through which it is looked into.
        layers: its layers as folders of this host, if they can be read: see `layer_folders`.
    """
    with (
        engine_errors(f"the engine did not show the files of {image.reference}"),
        _created(client, image, labels) as held,
    ):
        return replace(image, serve=resolve_serve(image, EngineTree(held)), driver_files=_driver_files(held, layers))


def find_program(client: Client, image: Image, names: Iterable[str], labels: dict[str, str]) -> str:
    """The path of the first of these programs in an image; empty where none is there."""
    with (
        engine_errors(f"the engine did not show the files of {image.reference}"),
        _created(client, image, labels) as held,
    ):
        return find_program_in(image, EngineTree(held), names)


def bring_along(client: Client, image: Image, labels: dict[str, str], scratch: Path) -> Brought:
    """What the image brought for its own trial; nothing where it carries no such label.

    Raises:
        SubjectError: its label cannot be followed.
    """
    folder = dict(image.labels).get(SAMPLES_LABEL)
    if not folder:
        return Brought()
    with (
        engine_errors(f"the engine did not show the files of {image.reference}"),
        _created(client, image, labels) as held,
    ):
        return bring(held, folder, scratch)


@contextlib.contextmanager
def _created(client: Client, image: Image, labels: dict[str, str]) -> Iterator[Container]:
    container = client.containers.create(image.digest, command=["serve"], labels=labels, network_mode="none")
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def layer_folders(attrs: dict[str, Any]) -> tuple[Path, ...]:
    """The folders of an image's layers on this host, from its description; empty where they cannot be read."""
    data = (attrs.get("GraphDriver") or {}).get("Data") or {}
    named = [name for key in ("UpperDir", "LowerDir") for name in str(data.get(key) or "").split(":") if name]
    folders = tuple(Path(name) for name in named)
    return folders if all(os.access(folder, os.R_OK | os.X_OK) for folder in folders) else ()


def _driver_files(container: Container, layers: tuple[Path, ...]) -> tuple[str, ...] | None:
    if not layers:
        return _exported_driver_files(container)
    names = {f"/{path.relative_to(layer)}" for layer in layers for path in _driver_files_below(layer)}
    tree = EngineTree(container)  # which knows what an upper layer has taken away
    return tuple(sorted(name for name in names if tree.entry(name)))


def _driver_files_below(layer: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(layer):
        yield from (Path(folder) / name for name in files if driver_file(f"{folder}/{name}"))


def _exported_driver_files(container: Container) -> tuple[str, ...] | None:
    deadline = time.monotonic() + BUDGET
    stream: Any = container.export(chunk_size=1 << 20)  # chunks of bytes, whatever the stubs say
    found: list[str] = []
    try:
        with tarfile.open(fileobj=IterReader(stream), mode="r|", bufsize=1 << 20) as archive:
            kept: list[tarfile.TarInfo] = vars(archive)["members"]  # it would keep every header it has read
            for member in archive:
                kept.clear()
                name = f"/{member.name.removeprefix('./')}"
                if not member.isdir() and driver_file(name):
                    found.append(name)
                if time.monotonic() > deadline:
                    return tuple(sorted(found)) or None  # some are enough to know; none so far is not
    finally:
        _drop(stream)
    return tuple(sorted(found))


def _drop(stream: object) -> None:
    """Close a half-read answer, so that its connection is not waited for."""
    close = getattr(stream, "close", None)
    if close is not None:
        close()
