"""What an image brings along for its own trial: valid requests and a broken model, in a folder that a label names.

`LABEL org.seatrial.samples=/opt/ml/samples` says that every file in that folder is a valid request body, its media type
told by the suffix; files whose name begins with `slow` are requests that take seconds, with `stream` such that are
answered by a stream, with `bidi` messages for a bidirectional stream; a folder `bad-model` in it is a broken model
directory. What the user offers on the command line goes before all of it. The files are read through the
engine without running the image, with a bound on their size.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.conformance.options import SUFFIXES
from seatrial.conformance.samples import Sample
from seatrial.conformance.subject.launcher import SubjectError
from seatrial.conformance.subject.streams import IterReader

if TYPE_CHECKING:
    from docker.models.containers import Container

    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.subject.launcher import Launcher

__all__ = ["BAD_MODEL", "SAMPLES_LABEL", "Brought", "bring", "with_brought"]

SAMPLES_LABEL = "org.seatrial.samples"
BAD_MODEL = "bad-model"
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Brought:
    """What an image brought along.

    Attributes:
        samples: valid requests, by file name.
        bad_model_dir: a copy of the broken model directory on this host; None where it brought none.
    """

    samples: tuple[Sample, ...] = ()
    bad_model_dir: Path | None = None


def bring(container: Container, folder: str, scratch: Path) -> Brought:
    """Copy the folder of a label out of a created container.

    Args:
        container: of the image; it need not run.
        folder: the label's value.
        scratch: where the copy may stand.

    Raises:
        SubjectError: the label names no folder, or one that is too large, or a file without a known media type.
    """
    target = scratch / "brought"
    _copy_out(container, folder, target)
    files = sorted(p for p in target.iterdir() if p.is_file())
    bad = target / BAD_MODEL
    return Brought(tuple(_sample(p, folder) for p in files), bad if bad.is_dir() else None)


def with_brought(options: TrialOptions, launcher: Launcher) -> TrialOptions:
    """The options, completed with what the launcher's subject brought; what the user gave stands.

    Args:
        options: as the user gave them.
        launcher: prepared.
    """
    brought: Brought = getattr(launcher, "brought", Brought())
    streams, messages, plain = _by_use(brought.samples)
    given = options.samples
    quick = () if any(not s.slow for s in given) else tuple(s for s in plain if not s.slow)
    slow = () if any(s.slow for s in given) else tuple(s for s in plain if s.slow)
    bad = options.offer.bad_model_dir or str(brought.bad_model_dir or "")
    return replace(
        options,
        samples=(*given, *quick, *slow),
        stream_samples=options.stream_samples or streams,
        bidi_samples=options.bidi_samples or messages,
        offer=replace(options.offer, bad_model_dir=bad),
    )


def _by_use(samples: tuple[Sample, ...]) -> tuple[tuple[Sample, ...], tuple[Sample, ...], tuple[Sample, ...]]:
    """Those for streams, those for bidirectional ones, and all others."""
    streams = tuple(s for s in samples if s.name.startswith("stream"))
    messages = tuple(s for s in samples if s.name.startswith("bidi"))
    return streams, messages, tuple(s for s in samples if s not in {*streams, *messages})


def _sample(path: Path, folder: str) -> Sample:
    media = SUFFIXES.get(path.suffix.lower())
    if media is None:
        raise SubjectError(
            f"label {SAMPLES_LABEL}={folder}: the suffix of {path.name} names no media type; expected one of"
            f" {', '.join(SUFFIXES)}"
        )
    return Sample(path.name, media, path.read_bytes(), slow=path.name.startswith("slow"), given=True)


def _copy_out(container: Container, folder: str, target: Path) -> None:
    import docker.errors  # noqa: PLC0415  a quarter of a second, which trials without an engine need not pay

    try:
        stream, _ = container.get_archive(folder.rstrip("/") + "/.")
    except docker.errors.NotFound:
        raise SubjectError(f"label {SAMPLES_LABEL}={folder}: the image holds no such folder; mend or drop it") from None
    target.mkdir(parents=True)
    left = MOST_BYTES
    source: Any = IterReader(stream)
    try:
        with tarfile.open(fileobj=io.BufferedReader(source), mode="r|") as archive:
            for member in archive:
                left -= member.size
                if left < 0:
                    raise SubjectError(
                        f"label {SAMPLES_LABEL}={folder}: the folder holds more than {MOST_BYTES >> 20} MiB"
                    )
                _write(archive, member, target)
    finally:
        with contextlib.suppress(AttributeError):
            stream.close()  # type: ignore[attr-defined]  # a generator of the HTTP client


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file or folder below the target; nothing else, and nothing elsewhere, whatever the archive says."""
    path = (target / member.name).resolve()
    if not path.is_relative_to(target.resolve()):
        return
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif source := archive.extractfile(member) if member.isfile() else None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read())
