"""The options of a trial as one frozen value, whoever parsed them: pytest, `seatrial certify`, or a test.

Parsing files and sizes lives here, so that the plugin stays wiring. What is wrong is said in one sentence.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.conformance.contract import Depth
from seatrial.conformance.samples import Sample
from seatrial.conformance.subject.launcher import Limits, Offer

__all__ = ["OPTION_OF_INPUT", "OptionError", "TrialOptions", "parse_adapter", "parse_env", "parse_sample", "parse_size"]

OPTION_OF_INPUT = {
    "sample": "--trial-sample FILE",
    "samples": "--trial-sample FILE (several times)",
    "slow-sample": "--trial-slow-sample FILE",
    "model-dir": "--trial-model-dir DIR",
    "bad-model-dir": "--trial-bad-model-dir DIR",
    "stream-sample": "--trial-stream-sample FILE",
    "bidi-sample": "--trial-bidi-sample FILE",
    "adapter": "--trial-adapter NAME=DIR",
    "adapters": "--trial-adapter NAME=DIR (twice)",
    "soak": "--trial-soak",
}
"""The option that offers each input a clause may need."""

SUFFIXES = {".json": "application/json", ".csv": "text/csv", ".jsonl": "application/jsonlines", ".txt": "text/plain",
            ".npy": "application/x-npy", ".libsvm": "text/libsvm", ".parquet": "application/x-parquet",
            ".bin": "application/octet-stream"}  # fmt: skip
UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class OptionError(Exception):
    """An option is wrong: one sentence that names it, what was found, what was expected and what to do."""


@dataclass(frozen=True)
class TrialOptions:
    """Everything a trial was asked for.

    Attributes:
        image, process, endpoint, archive: the subject; exactly one is set, unless evidence is judged again.
        profiles: as named by the user, `all` for every one; empty for the defaults.
        depth: how much of the catalogue is judged.
        samples: valid requests, the slow ones among them.
        stream_samples: valid requests that are answered by a stream.
        bidi_samples: messages that a bidirectional stream answers.
        offer: directories, adapters and environment.
        limits: what the subject is given.
        startup_timeout: seconds until the start is given up: the platform's own default is 480.
        driving_timeout: seconds for driving a ready subject; slow starts and slow calls add to it. Zero: the default.
        plan_only: print the plan and stop.
        strict: a broken SHOULD fails.
        soak: true cadences and leak slopes.
        report: folder for reports and evidence.
        evidence: folder of an earlier trial to judge again.
        seed: of everything random.
        scale: contract times are multiplied by this; only the project's own kill matrix changes it.
        insecure: whether the certificate of an `https` endpoint is not checked.
        target_arch: architecture of the instances that the image is meant for: `amd64` or `arm64`.
    """

    image: str = ""
    process: str = ""
    endpoint: str = ""
    archive: str = ""
    profiles: tuple[str, ...] = ()
    depth: Depth = Depth.FULL
    samples: tuple[Sample, ...] = ()
    stream_samples: tuple[Sample, ...] = ()
    bidi_samples: tuple[Sample, ...] = ()
    offer: Offer = Offer()
    limits: Limits = Limits()
    startup_timeout: float = 480.0
    driving_timeout: float = 0.0
    plan_only: bool = False
    strict: bool = False
    soak: bool = False
    report: Path = field(default_factory=lambda: Path("seatrial-report"))
    evidence: Path | None = None
    seed: int = 0
    scale: float = 1.0
    insecure: bool = False
    target_arch: str = "amd64"

    @property
    def inputs(self) -> frozenset[str]:
        """What was offered, in the words of a clause's `inputs`."""
        plain = [s for s in self.samples if not s.slow]
        offered = {
            "sample": bool(plain),
            "samples": len(plain) > 1,
            "slow-sample": any(s.slow for s in self.samples),
            "model-dir": bool(self.offer.model_dir),
            "bad-model-dir": bool(self.offer.bad_model_dir),
            "stream-sample": bool(self.stream_samples),
            "bidi-sample": bool(self.bidi_samples),
            "adapter": bool(self.offer.adapters),
            "adapters": len(self.offer.adapters) > 1,
            "soak": self.soak,
        }
        return frozenset(name for name, there in offered.items() if there)


def parse_sample(option: str, text: str, *, slow: bool = False) -> Sample:
    """Read `FILE` or `FILE;type=text/csv`.

    Raises:
        OptionError: the file is missing or unreadable, or its media type is unknown.
    """
    name, _, kind = text.partition(";")
    kind = kind.strip()
    if kind and not kind.startswith("type="):
        raise OptionError(f"{option} {text}: after the semicolon stands {kind!r}, expected type=MEDIA/TYPE")
    path = Path(name)
    media = kind.removeprefix("type=") or SUFFIXES.get(path.suffix.lower()) or mimetypes.guess_type(name)[0]
    if not media:
        raise OptionError(
            f"{option} {text}: the suffix {path.suffix!r} names no media type; write {name};type=MEDIA/TYPE"
        )
    try:
        body = path.read_bytes()
    except OSError as error:
        raise OptionError(
            f"{option} {text}: the file cannot be read ({error.strerror}); name a file with a valid request body"
        ) from error
    return Sample(path.name, media, body, slow=slow, given=True)


def parse_env(option: str, text: str) -> tuple[str, str]:
    """Read `NAME=VALUE`.

    Raises:
        OptionError: it has no `=`, or the name is not one the platform accepts.
    """
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
        raise OptionError(f"{option} {text}: expected NAME=VALUE with a NAME of letters, digits and underscores")
    return name, value


def parse_adapter(option: str, text: str) -> tuple[str, str]:
    """Read `NAME=DIR`: an adapter's name and the directory that holds its files.

    Raises:
        OptionError: it has no `=`, the name is not one that a path can carry, or there is no such directory.
    """
    name, _, folder = text.partition("=")
    if not folder or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise OptionError(f"{option} {text}: expected NAME=DIR with a NAME of letters, digits, dots, _ and -")
    if not Path(folder).is_dir():
        raise OptionError(
            f"{option} {text}: there is no directory {folder}; name the one that holds the adapter's files"
        )
    return name, folder


def parse_size(option: str, text: str) -> int:
    """Read `8g`, `512m`, `1024`: bytes.

    Raises:
        OptionError: it is not a number with an optional unit.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if not match:
        raise OptionError(f"{option} {text}: expected a size such as 512m or 8g")
    return int(float(match[1]) * UNITS[match[2]])
