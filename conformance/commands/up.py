"""`seatrial up IMG`: starts an image as the platform does, so that its owner can look at it and call it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from seatrial.conformance.commands.certify import add_trial_options
from seatrial.conformance.plugin import OPTIONS
from seatrial.conformance.scenario import MAIN
from seatrial.conformance.session.options import read_options
from seatrial.conformance.session.signals import Interrupts
from seatrial.conformance.session.subject import prepared
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from seatrial.conformance.subject.launcher import Instance
    from seatrial.conformance.subject.logs import LogLine

__all__ = ["LAUNCH_OPTIONS", "add_arguments", "run"]

LAUNCH_OPTIONS = tuple(
    option
    for option in OPTIONS
    if option.name.removeprefix("trial-")
    in {"env", "model-dir", "adapter", "memory", "cpus", "pids", "shm", "gpus", "network", "startup-timeout"}
)
"""The options that say how a subject is started."""

GLANCE = 0.2
PING_TIMEOUT = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The image, and how it is started."""
    parser.add_argument("image", metavar="IMG", help="an image of the local Docker engine")
    add_trial_options(parser, LAUNCH_OPTIONS)


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Start it and follow its log; 0 after Ctrl-C, 1 where it exits by itself."""
    given = vars(parser.parse_args(words))
    options = read_options(lambda name: given["image"] if name == "trial-image" else given.get(name))
    Interrupts(None).install()
    with prepared(options) as (launcher, _):
        instance = launcher.launch(MAIN)
        where = f"at {instance.address}" if instance.address.port else "and ended before it had an address"
        sys.stdout.write(f"{options.image} was started as `serve`, {where}; Ctrl-C stops it\n")
        sys.stdout.flush()
        try:
            _follow(instance)
        except KeyboardInterrupt:
            sys.stdout.write("\nstopping\n")
            return 0
        state = instance.state()
        sys.stdout.write(
            f"it exited by itself with code {state.exit_code}{f': {state.error}' if state.error else ''}\n"
        )
        return 1


def _follow(instance: Instance) -> None:
    """Print log lines as they come, and say once when `/ping` answers 200; until the exit."""
    client = Client(instance.address, origin=time.monotonic() - instance.now(), mask=Redactor())
    shown, ready, running = 0, False, True
    while running:
        running = instance.state().running
        instance.logs.wait_for_lines(shown, GLANCE)
        for line in _new(instance, shown):
            sys.stdout.write(f"{line.at:8.2f}  {line.text}\n")
        shown = instance.logs.total_lines
        if running and not ready and client.get("/ping", timeout=PING_TIMEOUT).status == 200:
            ready = True
            sys.stdout.write(f"{instance.now():8.2f}  -- GET /ping answers 200 --\n")
        sys.stdout.flush()


def _new(instance: Instance, shown: int) -> Iterator[LogLine]:
    fresh = instance.logs.total_lines - shown
    lines = instance.logs.lines
    yield from lines[-fresh:] if fresh else ()
