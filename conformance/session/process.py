"""Runs a trial as a pytest session of our own, in a child process, and passes its exit code on.

A child, because a folder's configuration, conftests, plugins and filters reach into every session that pytest starts
there: `usefixtures`, a `-k` in `addopts` or a conftest's item filter would change what is judged. Nothing here knows
what a trial is.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.plugin import SUBJECT_WORDS, SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import FrameType

__all__ = ["LEASH", "run_trial", "trial_command"]

HARNESS_FAILED = 12
LEASH = "--trial-leash"
"""Tells the child the descriptor of a pipe that its parent holds: when the pipe closes, the parent is gone."""

CONFIGURATION = Path(__file__).resolve().parent / "trial.ini"
SUITES = Path(__file__).resolve().parents[2] / "suites"
PLUGINS = ("seatrial.conformance.plugin", "seatrial.conformance.session.hooks", "seatrial.reports.plugin")
FOREIGN = (
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_CURRENT_TEST",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
)
XDIST_WORDS = ("-n", "--numprocesses", "--dist", "--maxprocesses", "--tx", "--max-worker-restart")


def run_trial(arguments: Sequence[str]) -> int:
    """Run a trial in a child process and wait for its end.

    Ctrl-C and SIGTERM are passed on; the child ends the trial and cleans up. Should this process be killed, the child
    notices through a pipe and does the same.

    Args:
        arguments: the user's command line, without the program.

    Returns:
        the exit code of the trial; 12 where its process was killed.
    """
    hold, leash = os.pipe()
    child: list[subprocess.Popen[bytes]] = []
    with _signals_passed_on(child):
        try:
            child.append(subprocess.Popen(trial_command(arguments, hold), env=_environment(), pass_fds=(hold,)))
            os.close(hold)
            code = child[0].wait()
        finally:
            os.close(leash)
    if code >= 0:
        return code
    name = signal.Signals(-code).name
    sys.stderr.write(f"ERROR: the trial's own process was ended by {name}: run `seatrial clean`, then try again\n")
    return HARNESS_FAILED


def trial_command(arguments: Sequence[str], leash: int) -> list[str]:
    """The command that runs a trial.

    `-P` keeps the folder off the import path: people who build containers often keep a folder called `docker`.
    """
    plugins = [*PLUGINS, *(["xdist"] if _asks_for_xdist(arguments) else [])]
    return [
        *(sys.executable, "-P", "-m", "pytest"),
        *("-c", str(CONFIGURATION), "--rootdir", str(SUITES), "--noconftest"),
        *("-o", f"cache_dir={_cache(arguments)}", LEASH, str(leash)),
        *(word for plugin in plugins for word in ("-p", plugin)),
        *arguments,
    ]


def _asks_for_xdist(arguments: Sequence[str]) -> bool:
    words = (argument.partition("=")[0] for argument in arguments)
    asked = any(word in XDIST_WORDS or word[:2] == "-n" for word in words)
    return asked and importlib.util.find_spec("xdist") is not None


def _cache(arguments: Sequence[str]) -> Path:
    """Where `--lf` remembers: a place of its own for each subject and folder."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for name in (*SUBJECT_WORDS, *(f"--{option.name}" for option in SUBJECTS)):
        parser.add_argument(name)
    try:
        subject = sorted(vars(parser.parse_known_args(arguments)[0]).items())
    except argparse.ArgumentError:
        subject = []  # pytest itself will say what is wrong with the line
    key = hashlib.sha256(repr((subject, str(Path.cwd()))).encode()).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "seatrial" / "pytest" / key


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@contextlib.contextmanager
def _signals_passed_on(child: list[subprocess.Popen[bytes]]) -> Generator[None]:
    """Pass SIGINT and SIGTERM on to the child, and outlive them.

    A terminal sends Ctrl-C to both processes; the child takes two signals in quick succession for one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pass_on(number: int, _frame: FrameType | None) -> None:
        for process in child:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
