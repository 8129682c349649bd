"""Runs the load generator in a process of its own, and reads what it wrote.

The process is guarded like a subject: should the harness be killed, the guard ends it. Ctrl-C is passed on, so that
what was measured until then is written.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.bench.load import Compared, read
from seatrial.conformance.options import OptionError
from seatrial.conformance.subject.launcher import Address, EngineError, LaunchSpec
from seatrial.conformance.subject.local import LocalInstance
from seatrial.conformance.subject.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Ended", "check_words", "compare", "generate"]

COMMAND = (sys.executable, "-P", "-m", "seatrial.loadgen")
USAGE = 2
OUTCOMES = frozenset({0, 1, 3, 130})
LOOK_EVERY = 0.1
TELLS, TELL_EVERY = 6, 5.0
"""How often a run is told to end before it is killed, and the seconds between: a search may begin another step."""
NO_LIMIT = 1 << 40
PREFIX = "loadgen: "


@dataclass(frozen=True)
class Ended:
    """A run of the load generator that is over.

    Attributes:
        document: the JSON that it wrote; empty where it wrote none.
        said: the last line of its standard error, without its own name.
        interrupted: whether it was ended by Ctrl-C.
    """

    document: bytes
    said: str
    interrupted: bool


def generate(
    words: Iterable[str], document: Path, *, meanwhile: Callable[[], bool], told: Callable[[str], None] = lambda _: None
) -> Ended:
    """Put load on and wait for the end.

    Args:
        words: its options, but for `--json`.
        document: where it writes; replaced where it exists.
        meanwhile: called ten times a second; where it returns false the run is ended early, as Ctrl-C would.
        told: gets each line that it says while it runs.

    Raises:
        OptionError: its options cannot be.
        EngineError: it broke.
    """
    document.unlink(missing_ok=True)
    child = LocalInstance(
        spec=LaunchSpec("loadgen"), argv=[*COMMAND, *words, "--json", str(document)], env=dict(os.environ),
        address=Address("127.0.0.1", 0), file_limit=NO_LIMIT, copy=None, release=lambda: None,
    )  # fmt: skip
    try:
        interrupted = _attend(child, meanwhile, told)
        ended = child.state()
    finally:
        child.stop()
    said = [line.text for line in child.logs.lines if line.stream == "stderr" and line.text.strip()]
    last = said[-1].removeprefix(PREFIX) if said else ""
    written = document.read_bytes() if document.exists() else b""
    if ended.exit_code == USAGE:
        raise OptionError(last)
    if not interrupted and ended.exit_code not in OUTCOMES:
        raise EngineError(f"the load generator ended with code {ended.exit_code} ({last or 'it said nothing'})")
    return Ended(written, last, interrupted)


def _attend(child: LocalInstance, meanwhile: Callable[[], bool], told: Callable[[str], None]) -> bool:
    """Wait for the end; whether Ctrl-C brought it."""
    heard = 0
    try:
        while child.wait_exit(LOOK_EVERY).running:
            heard = _relay(child, heard, told)
            if not meanwhile():
                break
    except KeyboardInterrupt:
        _end(child)
        return True
    _end(child)
    _relay(child, heard, told)
    return False


def _end(child: LocalInstance) -> None:
    for _ in range(TELLS):
        if child.state().running:
            child.signal(signal.SIGINT)
            child.wait_exit(TELL_EVERY)


def _relay(child: LocalInstance, heard: int, told: Callable[[str], None]) -> int:
    lines = [line for line in child.logs.lines if line.stream == "stderr"]
    for line in lines[heard:]:
        told(line.text)
    return len(lines)


def check_words(words: Iterable[str]) -> None:
    """Have the load generator look at its options before anything is started: nothing listens where it is sent to.

    Raises:
        OptionError: it refuses them.
    """
    nowhere = f"http://127.0.0.1:{free_port()}"
    command = [*COMMAND, "-e", nowhere, "--quiet", *words]
    checked = subprocess.run(command, input=b"{}", capture_output=True, check=False)
    if checked.returncode == USAGE:
        raise OptionError(checked.stderr.decode("utf-8", "replace").strip().removeprefix(PREFIX))


def compare(before: Path, after: Path, *, threshold: str, force: bool) -> Compared:
    """Hold a run against an earlier one.

    Args:
        before: JSON of the earlier run.
        after: of the later one.
        threshold: the smallest change that matters, `5%`.
        force: compare runs whose loads differ.

    Raises:
        OptionError: they cannot be compared.
    """
    words = ["compare", str(before), str(after), "--json", "--threshold", threshold, *(["--force"] if force else [])]
    ended = subprocess.run([*COMMAND, *words], capture_output=True, check=False)
    if ended.returncode == USAGE:
        raise OptionError(ended.stderr.decode("utf-8", "replace").strip().removeprefix("loadgen compare: "))
    return read(ended.stdout, Compared)
