"""`standard-supervisor COMMAND…`: installs the requirements, then runs the command, watched or in its own place.

Exit codes: 0 after a stop signal; 1 where nothing was started (usage, a wrong variable, requirements that cannot be
installed) or the command could not be kept running; in place, the command's own.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from seatrial.reference_server.standards import requirements
from seatrial.reference_server.standards.supervisor import ini, marks, settings
from seatrial.reference_server.standards.supervisor.family import Family, StopRequested, hold_signals
from seatrial.reference_server.standards.supervisor.loop import Supervisor
from seatrial.reference_server.standards.supervisor.settings import SettingsError, SupervisorSettings
from seatrial.reference_server.standards.supervisor.telling import NAME, Level, Teller

FAILED = 1
USAGE = f"""{NAME}: there is no command to run
usage: {NAME} COMMAND [ARGUMENT ...]
example: {NAME} python -m my_server --port 8080
"""


def main(command: Sequence[str] | None = None) -> int:
    """Run a command as the variables ask for; returns the exit code, or never where it runs in place.

    Args:
        command: that of the command line by default.
    """
    command = sys.argv[1:] if command is None else command
    marks.apply_variants(os.environ)
    if not command:
        sys.stderr.write(USAGE)
        return FAILED
    mask = hold_signals()
    try:
        if settings.is_supervised(os.environ):
            return supervised(command, settings.load(os.environ))
        prepare(command, Teller())
    except StopRequested:
        return 0
    except (SettingsError, requirements.RequirementsError) as error:
        Teller()(Level.ERROR, str(error))
        return FAILED
    return in_place(command, mask)


def supervised(command: Sequence[str], chosen: SupervisorSettings) -> int:
    """Install the requirements, write the configuration down, and keep the command running."""
    prepare(command, Teller(chosen.log_level))
    write_down(command, chosen)
    try:
        return Supervisor(command, chosen).run()
    finally:
        if not chosen.config_is_kept:
            with suppress(OSError):
                chosen.config_path.unlink()


def prepare(command: Sequence[str], tell: Teller) -> bool:
    """Install the requirements and return whether there were any; a stop signal ends the installer.

    Raises:
        RequirementsError: they cannot be installed.
        StopRequested: a stop signal came.
    """
    done = requirements.install(command, os.environ, run=run_once, tell=lambda line: tell(Level.INFO, line))
    os.environ[marks.SUPERVISED] = "1"
    return done


def run_once(command: Sequence[str]) -> int:
    """Run a command to its end and return its exit code; a stop signal ends it."""
    family = Family(command)
    try:
        return family.wait()
    except StopRequested:
        family.signal(signal.SIGTERM)
        family.drained(1)
        raise
    finally:
        family.kill()


def write_down(command: Sequence[str], chosen: SupervisorSettings) -> None:
    """Write the configuration to its file.

    Raises:
        SettingsError: the user named a file that cannot be written.
    """
    try:
        _replace(chosen.config_path, ini.render(command, chosen))
    except OSError as error:
        sentence = f"{chosen.config_path} cannot be written ({error.strerror}): nothing reads it but people"
        if chosen.config_is_kept:
            raise SettingsError(f"{settings.CONFIG_PATH} names a file that cannot be written: {sentence}") from error
        Teller(chosen.log_level)(Level.DEBUG, sentence)


def in_place(command: Sequence[str], mask: set[signal.Signals]) -> int:
    """Become the command; returns only where it cannot be run."""
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    sys.stdout.flush()
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - the user's own command, without a shell
    except OSError as error:
        Teller()(Level.ERROR, f"{command[0]!r} cannot be run: {error.strerror or error}")
    return FAILED


def _replace(path: Path, text: str) -> None:
    """Write a file anew, never through a link that somebody else may have put there."""
    with suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w") as file:
        file.write(text)
