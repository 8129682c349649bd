"""The model directory: always a copy of the user's, never theirs, and the digests of what is in it.

A subject may write, delete or fill the disk; none of that may reach the user's files. Symbolic links are followed when
copying, because the platform downloads files, not links. Nothing here knows how a copy gets into a subject.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from seatrial.conformance.subject.launcher import FileChange, Files, Offer, SubjectError
from seatrial.conformance.subject.lock import remove_tree
from seatrial.conformance.subject.trial_files import write_files

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MODEL_DIR", "ModelCopies", "Tree", "changes", "copy_tree", "disk_usage", "make_read_only", "tree"]

MODEL_DIR = "/opt/ml/model"
FOREIGN_OWNER = 12_345
CHUNK = 1 << 20
CANNOT_SHARE = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})

Tree = tuple[tuple[str, str], ...]


class ModelCopies:
    """Makes the copies of one run.

    Args:
        offer: names the user's directories.
        scratch: where copies are made.
    """

    def __init__(self, offer: Offer, scratch: Path) -> None:
        self._offer = offer
        self._scratch = scratch
        self._lock = threading.Lock()
        self._pristine: Path | None = None
        self._pristine_tree: Tree = ()
        self._made = 0

    def check(self) -> None:
        """Look at the offered directories.

        Raises:
            SubjectError: one of them is missing or is no directory.
        """
        for option, name in (
            ("--trial-model-dir", self._offer.model_dir),
            ("--trial-bad-model-dir", self._offer.bad_model_dir),
        ):
            if name and not Path(name).is_dir():
                found = "a file" if Path(name).exists() else "nothing"
                raise SubjectError(
                    f"{option} {name}: found {found} there: give the folder that holds the model's files"
                )

    def get(self, files: Files, laid_over: tuple[tuple[str, str], ...] = ()) -> Path | None:
        """The copy for one launch; None where nothing is to be mounted.

        Args:
            files: how the directory is given.
            laid_over: (relative path, text) of files written over the copy, which this launch then has for itself.

        Every launch that may change its copy gets one of its own. `READ_ONLY` copies are shared while they are as
        they were: a process of root could write to one.

        Raises:
            SubjectError: a broken model is asked for and none was offered, or the user's directory cannot be copied.
        """
        with self._lock:
            if laid_over and files is Files.READ_ONLY:
                return self._overlaid(laid_over)
            copy = self._made_as(files)
            if copy is not None:
                write_files(laid_over, copy)
            return copy

    def _made_as(self, files: Files) -> Path | None:
        if files is Files.EMPTY:
            return self._new()
        if files is Files.BAD:
            if not self._offer.bad_model_dir:
                raise SubjectError("no broken model to start with: give one with --trial-bad-model-dir DIR")
            return copy_tree(Path(self._offer.bad_model_dir), self._new())
        if not self._offer.model_dir:
            return None
        source = Path(self._offer.model_dir)
        if files is Files.READ_ONLY:
            return self._shared(source)
        copy = copy_tree(source, self._new())
        if files is Files.ODD:
            _make_odd(copy)
        return copy

    def drop(self, copy: Path | None) -> bool:
        """A launch is over: remove its copy, unless it is the shared one; whether it was removed."""
        if copy is None or copy == self._pristine:
            return False
        remove_tree(copy)
        return True

    def _shared(self, source: Path) -> Path:
        if self._pristine is None or tree(self._pristine) != self._pristine_tree:
            copy = copy_tree(source, self._new())
            make_read_only(copy)
            self._pristine, self._pristine_tree = copy, tree(copy)
        return self._pristine

    def _overlaid(self, texts: tuple[tuple[str, str], ...]) -> Path:
        """A folder that shares the files of the read-only copy, so that a large model costs nothing, and the texts."""
        folder = self._new()
        if self._offer.model_dir:
            _link(self._shared(Path(self._offer.model_dir)), folder)
        write_files(texts, folder)
        return folder

    def _new(self) -> Path:
        self._made += 1
        folder = self._scratch / f"model-{self._made}"
        folder.mkdir()
        folder.chmod(0o755)
        return folder


def tree(folder: Path) -> Tree:
    """Relative path and digest (sha256, `dir`, `link:target` or `special`) of everything below `folder`, sorted."""
    return tuple(sorted((str(path.relative_to(folder)), _digest(path)) for path in _walk(folder)))


def changes(before: Tree, after: Tree) -> tuple[FileChange, ...]:
    """What differs between two trees, as paths inside a container."""
    old, new = dict(before), dict(after)
    kinds = dict.fromkeys(new.keys() - old.keys(), "added")
    kinds |= dict.fromkeys(old.keys() - new.keys(), "deleted")
    kinds |= {path: "changed" for path in old.keys() & new.keys() if old[path] != new[path]}
    return tuple(FileChange(f"{MODEL_DIR}/{path}", kind) for path, kind in sorted(kinds.items()))


def disk_usage(folder: Path) -> int:
    """Bytes on disk below `folder`."""
    used = 0
    for path in _walk(folder):
        try:
            used += path.lstat().st_blocks * 512
        except OSError:
            continue
    return used


def _walk(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        for child in (*folders, *files):
            yield Path(name) / child


# Digests by identity of the file. A change of content always moves ctime, and nobody can set it back.
_known: dict[tuple[int, int, int, int], str] = {}


def _digest(path: Path) -> str:
    try:
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            return "dir"
        if stat.S_ISLNK(found.st_mode):
            return f"link:{path.readlink()}"
        if not stat.S_ISREG(found.st_mode):
            return "special"
        key = (found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns)
        if key not in _known:
            with path.open("rb") as file:
                _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return _known[key]
    except OSError as error:
        return f"unreadable:{error.strerror}"


def copy_tree(source: Path, target: Path, *, option: str = "--trial-model-dir") -> Path:
    """Copy what is in a directory into a folder, links followed; return the folder.

    Args:
        source: the user's directory.
        target: an empty folder.
        option: that named the directory.

    Raises:
        SubjectError: something in it cannot be copied.
    """
    for name, folders, files in os.walk(source, followlinks=True):
        here = target / Path(name).relative_to(source)
        _refuse_loop(Path(name), source, option)
        for folder in folders:
            (here / folder).mkdir()
        for file in files:
            _copy_file(Path(name) / file, here / file, option)
    return target


def _link(source: Path, target: Path) -> None:
    for path in sorted(_walk(source)):
        here = target / path.relative_to(source)
        if path.is_dir():
            here.mkdir()
        else:
            here.hardlink_to(path)


def _copy_file(source: Path, target: Path, option: str) -> None:
    try:
        found = source.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SubjectError(f"{option}: {source} is no regular file: remove it")
        with source.open("rb") as reading, target.open("wb") as writing:
            _copy_bytes(reading, writing)
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        target.chmod(stat.S_IMODE(found.st_mode))
    except OSError as error:
        raise SubjectError(f"{option}: {source} cannot be copied: {error.strerror}") from error


def _copy_bytes(reading: IO[bytes], writing: IO[bytes]) -> None:
    """Share the blocks where the file system can, so that a model of 100 GB costs nothing; else copy them."""
    try:
        while os.copy_file_range(reading.fileno(), writing.fileno(), 1 << 30):
            pass
    except OSError as error:
        if error.errno not in CANNOT_SHARE:
            raise
        reading.seek(0)
        shutil.copyfileobj(reading, writing, CHUNK)


def _refuse_loop(folder: Path, source: Path, option: str) -> None:
    if folder != source and folder.is_symlink() and source.resolve().is_relative_to(folder.resolve()):
        raise SubjectError(f"{option}: {folder} is a link that leads back into the directory: remove it")


def make_read_only(folder: Path) -> None:
    """Take the permission to write away from everything below a folder."""
    for path in _walk(folder):
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~0o222)


def _make_odd(folder: Path) -> None:
    """Foreign owner (where we may), mode 0444, 1970: what artifacts unpacked elsewhere look like."""
    for path in (*_walk(folder), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if os.geteuid() == 0:
            os.chown(path, FOREIGN_OWNER, FOREIGN_OWNER)
    for path in sorted(_walk(folder), reverse=True):
        os.utime(path, (0, 0))
