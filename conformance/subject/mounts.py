"""How copies of the model directory and of adapters get into a container, and how they are looked at afterwards.

On this host a copy is bound into the container. An engine that does not see this host's files (remote, in a virtual
machine, packaged with a private /tmp) gets it as a volume, filled through a container that is never started.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.types import Mount

from seatrial.conformance.subject.adapters import ADAPTERS_DIR
from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.launcher import FileChange, Files
from seatrial.conformance.subject.model_dir import MODEL_DIR, Tree, changes, disk_usage, tree
from seatrial.conformance.subject.streams import IterReader
from seatrial.conformance.subject.trial_files import TRIAL_DIR

if TYPE_CHECKING:
    from docker import DockerClient as Client
    from docker.models.containers import Container

__all__ = ["Mounted", "bind", "fill_volume", "needs_volumes"]

MODEL_POINTS, TRIAL_POINTS, ADAPTER_POINTS = (
    frozenset({str(path) for path in (PurePosixPath(point), *PurePosixPath(point).parents)})
    for point in (MODEL_DIR, TRIAL_DIR, ADAPTERS_DIR)
)


@dataclass(frozen=True)
class Mounted:
    """The model directory of one instance, and the files that its launch brings along.

    Attributes:
        files: how it was asked for.
        copy: the copy on this host; None where nothing is mounted.
        volume: the volume that holds it in place of a bind; empty for a bind.
        before: what was in it, kept where the subject may write to it.
        trial: the folder of the launch's own files on this host; None where it brings none.
        trial_volume: the volume that holds them in place of a bind; empty for a bind.
        adapters: the folder of adapters on this host; None where none were offered.
        adapters_volume: the volume that holds them in place of a bind; empty for a bind.
    """

    files: Files
    copy: Path | None = None
    volume: str = ""
    before: Tree = ()
    trial: Path | None = None
    trial_volume: str = ""
    adapters: Path | None = None
    adapters_volume: str = ""

    def mounts(self) -> list[Mount]:
        """The engine's description of the mounts."""
        wanted = (
            (MODEL_DIR, self.copy, self.volume, self.files is not Files.WRITABLE),
            (TRIAL_DIR, self.trial, self.trial_volume, True),
            (ADAPTERS_DIR, self.adapters, self.adapters_volume, True),
        )
        return [_mount(point, folder, volume, read_only) for point, folder, volume, read_only in wanted if folder]

    def explains(self, path: str) -> bool:
        """Whether the engine itself made this path, as a place to mount at."""
        points = ((self.copy, MODEL_POINTS), (self.trial, TRIAL_POINTS), (self.adapters, ADAPTER_POINTS))
        return any(folder is not None and path in made for folder, made in points)

    def with_trial(self, folder: Path | None, volume: str = "") -> Mounted:
        """The same, with the files that the launch brings along."""
        return replace(self, trial=folder, trial_volume=volume)

    def with_adapters(self, folder: Path | None, volume: str = "") -> Mounted:
        """The same, with the adapters that the user offered."""
        return replace(self, adapters=folder, adapters_volume=volume)

    def tree(self, container: Container) -> Tree:
        """What is in the container's model directory now."""
        return tree(self.copy) if self.copy and not self.volume else _tree_inside(container)

    def changes(self, container: Container) -> tuple[FileChange, ...]:
        """What the subject changed in it."""
        if self.copy is None or self.files is not Files.WRITABLE:
            return ()
        return changes(self.before, self.tree(container))

    def disk_bytes(self, container: Container) -> int:
        """Bytes in what the subject may write to beside its own layer, as far as this host can see it."""
        volumes = [Path(mount["Source"]) for mount in container.attrs["Mounts"] if mount["Type"] == "volume"]
        writable = [self.copy] if self.copy and self.files is Files.WRITABLE and not self.volume else []
        return sum(disk_usage(folder) for folder in (*volumes, *writable) if os.access(folder, os.R_OK))


def _mount(point: str, folder: Path, volume: str, read_only: bool) -> Mount:
    if volume:
        return Mount(point, volume, type="volume", read_only=read_only, no_copy=True)
    return Mount(point, str(folder), type="bind", read_only=read_only)


def bind(files: Files, copy: Path | None, volume: str = "") -> Mounted:
    """Describe a mount, remembering the content of a writable one."""
    before = tree(copy) if copy and files is Files.WRITABLE else ()
    return Mounted(files, copy, volume, before)


def needs_volumes() -> bool:
    """Whether this host refuses containers its files: an enforcing SELinux does, and labels volumes rightly itself."""
    try:
        return Path("/sys/fs/selinux/enforce").read_text().strip() == "1"
    except OSError:
        return False


def fill_volume(
    client: Client, image_id: str, copy: Path, name: str, labels: dict[str, str], *, point: str = MODEL_DIR
) -> str:
    """Make a volume that holds a copy.

    Args:
        client: the engine.
        image_id: any image, of which a container is created and never started.
        copy: what goes in.
        name: of the volume.
        labels: of the volume and of the container.
        point: where it will be mounted.

    Returns:
        The volume's name.
    """
    with engine_errors(f"the engine did not take the files for {point} into a volume"):
        client.volumes.create(name, labels=labels)
        mount = Mount(point, name, type="volume", no_copy=True)
        carrier = client.containers.create(image_id, command=["serve"], mounts=[mount], labels=labels)
        try:
            with tempfile.TemporaryFile(dir=copy.parent) as packed:
                with tarfile.open(fileobj=packed, mode="w") as archive:
                    archive.add(copy, arcname=".")
                packed.seek(0)
                carrier.put_archive(point, packed)
        finally:
            carrier.remove(force=True)
    return name


def _tree_inside(container: Container) -> Tree:
    """What the engine hands out of the container's model directory, a baked-in one included."""
    try:
        stream, _ = container.get_archive(MODEL_DIR)
    except docker.errors.NotFound:
        return ()
    found: list[tuple[str, str]] = []
    with tarfile.open(fileobj=IterReader(stream), mode="r|") as archive:
        for member in archive:
            path = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
            if path != ".":
                found.append((path, _digest(archive, member)))
    return tuple(sorted(found))


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.isdir():
        return "dir"
    if member.issym():
        return f"link:{member.linkname}"
    file: Any = archive.extractfile(member) if member.isreg() else None
    return hashlib.file_digest(file, "sha256").hexdigest() if file else "special"
