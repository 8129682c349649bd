"""One run of the harness as an owner: its id, its lock, its scratch folder.

Everything that a run leaves outside its own memory (containers, networks, volumes, copies of models) carries the run's
id and the path of its lock file. The kernel drops the lock when the process ends, however it ends, so "may this be
removed?" has a sure answer without pids or ages: it may where the lock is free. This module takes and tests locks; what
is removed, and when, is in `seatrial.conformance.subject.sweep`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.subject.launcher import SubjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "HOME_LABEL", "LOCK_LABEL", "OWNER_LABEL", "RUN_LABEL", "Run", "free_lock", "own_container_id", "owner",
    "remove_tree", "runtime_folder", "scratch_root",
]  # fmt: skip

RUN_LABEL = "org.seatrial.run"
OWNER_LABEL = "org.seatrial.owner"
LOCK_LABEL = "org.seatrial.lock"
HOME_LABEL = "org.seatrial.container"
"""The container of the same engine in which the harness lives, if it does: its locks go with it."""


def owner() -> str:
    """Who owns what this machine and user start: an engine may be shared by machines that cannot see our locks."""
    machine = "".join(_read(Path(name)) for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"))
    whole = f"{platform.node()}|{machine}|{os.getuid()}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def own_container_id() -> str:
    """The id of the container that we run in; empty outside of one.

    Engines mount a container's `/etc/hostname` from a folder that is named by the id.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            root, point = line.split()[3:5]
            found = re.search(r"/containers/([0-9a-f]{64})/", root)
            if point == "/etc/hostname" and found:
                return found.group(1)
    return ""


def runtime_folder() -> Path:
    """The folder of the lock files: the user's runtime folder where there is one, else a private temporary one."""
    return _private(Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"seatrial-{os.getuid()}")


def scratch_root() -> Path:
    """The folder of the runs' scratch folders: on disk, because copies of models do not fit into a runtime folder.

    Each folder of locks has one of its own: a session with another XDG_RUNTIME_DIR sees no lock of ours, and its sweep
    would take a live run's copies for leftovers.
    """
    locks = hashlib.sha256(str(runtime_folder()).encode()).hexdigest()[:8]
    return _private(Path(tempfile.gettempdir()) / f"seatrial-{os.getuid()}-{locks}")


@dataclass(frozen=True)
class Run:
    """A live run. Make one with `Run.open()`, end it with `close()`.

    Attributes:
        id: names everything that the run makes.
        lock: the lock file, held for as long as the run lives.
        scratch: a private folder on disk, removed at the end.
    """

    id: str
    lock: Path
    scratch: Path
    _descriptor: int

    @classmethod
    def open(cls) -> Run:
        """Take a new id and its lock."""
        run_id = secrets.token_hex(6)
        lock = runtime_folder() / f"{run_id}.lock"
        scratch = scratch_root() / run_id
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # Between these two lines a sweep may see a free lock: it removes the file, and the run starts anew.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not _same_file(descriptor, lock):
            os.close(descriptor)
            return cls.open()
        os.write(descriptor, f"{os.getpid()}\n".encode())
        scratch.mkdir(mode=0o700)
        return cls(run_id, lock, scratch, descriptor)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything that this run makes on an engine."""
        return {RUN_LABEL: self.id, OWNER_LABEL: owner(), LOCK_LABEL: str(self.lock)}

    def close(self) -> None:
        """Remove the scratch folder and give the lock back. Safe to call twice."""
        remove_tree(self.scratch)
        with contextlib.suppress(FileNotFoundError):
            self.lock.unlink()
            os.close(self._descriptor)  # only the call that removed the file: the number may be somebody else's by now


@contextlib.contextmanager
def free_lock(lock: Path) -> Iterator[bool]:
    """Whether the run of this lock file is over; while it is, the lock is held so that one sweep at a time works.

    A missing file counts as free: it goes last, so its run ended or the machine was started anew.
    """
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield not lock.exists()
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield _same_file(descriptor, lock)
    finally:
        os.close(descriptor)


def remove_tree(folder: Path) -> None:
    """Remove a folder whose modes may forbid it (copies of models are read-only)."""
    if not folder.exists():
        return
    for path, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            Path(path).chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise SubjectError(f"{folder} belongs to somebody else: set TMPDIR or XDG_RUNTIME_DIR to a folder of your own")
    return folder


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
