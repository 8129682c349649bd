"""How each client is called: ours as its users call it, the others as theirs do."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.load.child import Ran, run
from truth.observe import Saved, load

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BODY", "CONNECTIONS", "PEERS", "Reported", "aiohttp", "has_locust", "locust", "locust_percentiles", "ours",
    "ours_observed", "scratch", "wrk",
]  # fmt: skip

CONNECTIONS = 32
BODY = b"x" * 128
PEERS = Path(__file__).parent / "peers"
ANY_VERDICT = (0, 1, 3)
"""A run that calls itself INVALID is measured like any other: what it reports is held against the truth."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the length of one measurement, with a `body` of 128 bytes in it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "body").write_bytes(BODY)
        yield Path(folder)


def ours(
    url: str, folder: Path, *words: str, sample: bool = False, env: dict[str, str] | None = None
) -> tuple[Ran, dict[str, Any]]:
    """`loadgen WORDS` as a command, and what its `--json` says."""
    file = folder / "result.json"
    command = [sys.executable, "-m", "seatrial.loadgen", "-e", url, "--body", str(folder / "body"), "--quiet"]
    ran = run([*command, "--json", str(file), *words], env, accept=ANY_VERDICT, sample=sample)
    return ran, json.loads(file.read_bytes())


def ours_observed(url: str, folder: Path, *words: str, sample: bool = False) -> tuple[Ran, Saved]:
    """The same run with every row kept, its times absolute."""
    file = folder / "run.npz"
    command = [sys.executable, "-m", "truth.observe", str(file), "-e", url, "--body", str(folder / "body"), *words]
    return run(command, accept=ANY_VERDICT, sample=sample), load(file)


def aiohttp(script: str, *words: str, sample: bool = False) -> Ran:
    """One of the small aiohttp clients."""
    return run([sys.executable, str(PEERS / f"aiohttp_{script}.py"), *words], sample=sample)


def wrk(url: str, seconds: float) -> Ran | None:
    """`wrk` from Debian; None where it is not installed."""
    if shutil.which("wrk") is None:
        return None
    words = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", str(PEERS / "post.lua")]
    return run(["wrk", *words, f"{url}/invocations"])


def has_locust() -> bool:
    """Whether Locust is installed, found out without importing it."""
    return find_spec("locust") is not None


def locust(url: str, folder: Path, *, users: int, seconds: float, pace: float = 0.0) -> Ran:
    """Locust with `FastHttpUser`; its statistics are left in the folder as CSV."""
    words = ["-f", str(PEERS / "locust_users.py"), "--headless", "--host", url, "-u", str(users), "-r", str(users)]
    words += ["-t", f"{seconds:.0f}s", "--csv", str(folder / "locust"), "--only-summary"]
    return run([sys.executable, "-m", "locust", *words], env={"PACE": str(pace)}, accept=(0, 1))


@dataclass(frozen=True)
class Reported:
    """Percentiles in ms that a client reports."""

    p50: float
    p90: float
    p99: float


def locust_percentiles(folder: Path) -> Reported:
    """What Locust's own table says of all requests."""
    head, *lines = (line.split(",") for line in (folder / "locust_stats.csv").read_text().splitlines())
    row = dict(zip(head, next(line for line in lines if line[1] == "Aggregated"), strict=True))
    return Reported(float(row["50%"]), float(row["90%"]), float(row["99%"]))
