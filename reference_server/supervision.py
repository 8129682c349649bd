"""Whether a start goes through `standard-supervisor`, and how this process becomes it.

The image's own command stays `serve`. It is watched only where that is asked for: by a variable that speaks to the
supervisor, or by requirements to install. The process is replaced, so no memory is spent and a process list tells.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence

from seatrial.reference_server.settings import Settings
from seatrial.reference_server.standards import requirements
from seatrial.reference_server.standards.supervisor import marks
from seatrial.reference_server.standards.supervisor.settings import asked_for

SUPERVISOR = "seatrial.reference_server.standards.supervisor"


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Return whether the server is to be started by a supervisor, and is not already."""
    if marks.is_supervised(environ):
        return False
    if asked_for(environ):
        return True
    try:
        return bool(requirements.arguments(environ))
    except requirements.RequirementsError:
        return True  # which says what is wrong with them


def begin(arguments: Sequence[str], settings: Settings) -> None:
    """Become the supervisor of the same command; does not return."""
    for variable, value in (("SEATRIAL_MUTANT", settings.mutant), ("SEATRIAL_ODDITY", settings.oddity)):
        if value:
            os.environ[variable] = value  # the supervisor has its faults, too
    python = [sys.executable, *(["-P"] if sys.flags.safe_path else [])]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # as process 1 it would be lost until it is waited for
    own = [*python, "-m", "seatrial.reference_server", *arguments]
    os.execv(sys.executable, [*python, "-m", SUPERVISOR, *own])  # noqa: S606 - our own command, without a shell
