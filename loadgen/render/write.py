"""Writes the files that were asked for, none of them ever half written, and says before the run where that would fail.

Each file is made beside its place and moved there when it is whole and on the disk. Where the place is no file but a
pipe or a device (`/dev/stdout`), it is written as it is: there is nothing to replace.
"""

from __future__ import annotations

import contextlib
import os
import secrets as random
from dataclasses import fields
from typing import TYPE_CHECKING, BinaryIO

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.render.csv_report import write_csv
from seatrial.loadgen.render.json_report import json_report
from seatrial.loadgen.render.prometheus import prometheus_text
from seatrial.loadgen.render.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.plan import Outputs
    from seatrial.loadgen.result import Result

__all__ = ["check_outputs", "write_file", "write_outputs"]


def check_outputs(outputs: Outputs) -> None:
    """Make sure, before the run, that every file can be written.

    Raises:
        UsageError: a folder is missing or cannot be written, the place is a folder, or two options name one file.
    """
    taken: dict[Path, str] = {}
    for option, path in _asked(outputs):
        try:
            _check_place(option, path)
            place = path.resolve()
        except OSError as error:
            raise UsageError(
                f"{option}: nothing can be written at {path} ({error.strerror}); name another place"
            ) from error
        if _replaceable(path) and place in taken:
            raise UsageError(f"{option}: {path} is the file of {taken[place]} too; give each report a file of its own")
        taken[place] = option


def write_outputs(result: Result, run: Observed, outputs: Outputs, secrets: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write every file that was asked for, and return their paths; one that fails does not keep the others.

    Args:
        result: the finished run.
        run: its rows.
        outputs: the files.
        secrets: values that must not stand in any file; what looks like a secret by its form is masked too.

    Raises:
        UsageError: a file could not be written; told once all others are.
    """
    masked = scrub(result, secrets)
    writers: dict[str, Callable[[BinaryIO], object]] = {
        "--json": lambda out: out.write(json_report(masked)),
        "--csv": lambda out: write_csv(run, out),
        "--html": lambda out: _write_html(masked, run, out),
        "--prometheus": lambda out: out.write(prometheus_text(masked, run)),
    }
    written, failures = [], []
    for option, path in _asked(outputs):
        try:
            write_file(path, writers[option])
        except OSError as error:
            failures.append(f"{option}: {path} could not be written ({error.strerror or error})")
        else:
            written.append(path)
    if failures:
        raise UsageError(f"{'; '.join(failures)}; make room or name another place, everything else was written")
    return tuple(written)


def _write_html(result: Result, run: Observed, out: BinaryIO) -> None:
    # Templates take longer to import than a run takes to begin, and most runs write no page.
    from seatrial.loadgen.render.html import html_report  # noqa: PLC0415

    out.write(html_report(result, run))


def write_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write one file, so that at its place is either what was there before or the whole of the new one.

    Args:
        path: where to; a link is followed, the file that it leads to is replaced.
        write: fills it.

    Raises:
        OSError: it could not be written; nothing was changed then.
    """
    if not _replaceable(path):
        with path.open("wb") as out:
            write(out)
        return
    place = path.resolve()
    making, number = _beside(place)
    try:
        with os.fdopen(number, "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        making.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            making.unlink()
        raise


def _asked(outputs: Outputs) -> Iterator[tuple[str, Path]]:
    for field in fields(outputs):
        path = getattr(outputs, field.name)
        if path is not None:
            yield f"--{field.name}", path


def _check_place(option: str, path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; name a file in it")
    if not _replaceable(path):
        if not os.access(path, os.W_OK):
            raise UsageError(f"{option}: {path} cannot be written; name another place")
        return
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{option}: the folder {folder} of {path.name} does not exist; make it first")
    trial, number = _beside(path.resolve())
    os.close(number)
    trial.unlink()


def _beside(place: Path) -> tuple[Path, int]:
    """Open a new file in the folder of a place; with the rights of the user's umask, which `tempfile` does not give."""
    making = place.with_name(f".{place.name}.{random.token_hex(4)}.part")
    return making, os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def _replaceable(path: Path) -> bool:
    """Whether the place is a file, or nothing yet; devices, pipes and what stands for an open file are not replaced."""
    return path.parts[:2] not in {("/", "dev"), ("/", "proc")} and (path.is_file() or not path.exists())
