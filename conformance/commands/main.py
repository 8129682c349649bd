"""The command `seatrial`: finds the verb's file and hands over. Each verb is imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["VERBS", "main"]

VERBS = {
    "certify": "put an image, a process or an endpoint on trial (short names for pytest's --trial-* options)",
    "explain": "say what a clause asks for, where that is written, and how to mend a violation",
    "up": "start an image as the platform does, print its address, follow its log until Ctrl-C",
    "replay": "send the request of a finding again, and show what came of it then and now",
    "bench": "measure an image, a process or an endpoint: throughput, latency, capacity under objectives, cost",
    "judge": "judge the evidence of an earlier trial again; nothing is started",
    "diff": "compare the results of two trials",
    "mutants": "list the deliberately broken servers that prove the suite",
    "clean": "remove what interrupted trials left behind",
}
"""Every verb, and what it does."""

SUMMARY = "Says whether a model-hosting container keeps the hosting contract, and why not."
INTERRUPTED, USER_MISTAKE, HARNESS_FAILED = 2, 4, 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: the command line without the program; the process's own by default.

    Returns:
        the exit code: the verb's own, 2 for Ctrl-C, 4 for the user's mistake, 12 for an engine that failed.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen, *rest = words or ["--help"]
    try:
        if chosen not in VERBS:
            return _no_verb(words)
        module = importlib.import_module(f"seatrial.conformance.commands.{chosen}")
        parser = argparse.ArgumentParser(
            prog=f"seatrial {chosen}", description=f"{VERBS[chosen].capitalize()}.", allow_abbrev=False
        )
        module.add_arguments(parser)
        return int(module.run(parser, rest))
    except SystemExit as leaving:  # argparse: 0 after --help, 2 after a mistake, which is 4 here
        return USER_MISTAKE if leaving.code == INTERRUPTED else int(leaving.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  what is nobody's mistake but ours is raised again
        return _explained(error)


def _no_verb(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="seatrial", description=SUMMARY, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seatrial {metadata.version('seatrial')}")
    verbs = parser.add_subparsers(metavar="VERB", required=True, title="verbs", prog="seatrial")
    for name, what in VERBS.items():
        verbs.add_parser(name, help=what)
    parser.parse_args(words or ["--help"])
    return 0


def _explained(error: Exception) -> int:
    """One sentence for what a user can mend; everything else is our own fault and keeps its traceback."""
    from seatrial.conformance.mistakes import ENGINE_FAILURES, USER_MISTAKES  # noqa: PLC0415  only after a failure

    if not isinstance(error, (*USER_MISTAKES, *ENGINE_FAILURES)):
        raise error
    sys.stderr.write(f"seatrial: {error}\n")
    return USER_MISTAKE if isinstance(error, USER_MISTAKES) else HARNESS_FAILED
