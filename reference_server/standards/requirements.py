"""Installs what a customer's `requirements.txt` asks for, once, before the server starts.

The file lies in the model directory; wheels in a folder `requirements` beside it are found first come, first served
with those of the index. `STANDARD_PIP_ARGS` takes the place of the file, `STANDARD_AUTO_INSTALL_REQ` turns both off.
`uv` installs where it is on PATH, else pip, always into the Python that runs the server.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

FILE, WHEELS = "requirements.txt", "requirements"
AUTO_INSTALL, PIP_ARGUMENTS = "STANDARD_AUTO_INSTALL_REQ", "STANDARD_PIP_ARGS"
MODEL_PATH, DEFAULT_MODEL_PATH = "SAGEMAKER_MODEL_PATH", "/opt/ml/model/"
ON = frozenset({"true", "1", "yes", "on"})
PYTHON = re.compile(r"python(3(\.\d+)?)?")


class RequirementsError(Exception):
    """The requirements cannot be installed; the message is one sentence."""


def install(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    run: Callable[[Sequence[str]], int],
    tell: Callable[[str], None],
) -> bool:
    """Install the requirements for a launch command.

    Args:
        command: what will be launched; its first word may be the Python to install into.
        environ: the variables.
        run: runs a command and returns its exit code.
        tell: takes a line for the log.

    Returns:
        Whether there was anything to install.

    Raises:
        RequirementsError: the variable cannot be read, or the installer failed.
    """
    wanted = arguments(environ)
    if wanted:
        run_installer(interpreter(command), wanted, run=run, tell=tell)
    return bool(wanted)


def run_installer(
    python: str, wanted: Sequence[str], *, run: Callable[[Sequence[str]], int], tell: Callable[[str], None]
) -> None:
    """Install into a Python what the arguments name; see `install`.

    Raises:
        RequirementsError: the installer failed.
    """
    full = [*installer(python), *wanted]
    tell(f"installing: {shlex.join(full)}")
    try:
        code = run(full)
    except OSError as error:
        raise RequirementsError(f"the installer {full[0]!r} cannot be run: {error.strerror}") from error
    if code:
        raise RequirementsError(f"the requirements cannot be installed: {full[0]} ended with code {code}, see above")


def is_enabled(environ: Mapping[str, str]) -> bool:
    """Return whether requirements are installed at all."""
    return environ.get(AUTO_INSTALL, "true").lower() in ON


def arguments(environ: Mapping[str, str]) -> list[str]:
    """Return what the installer is to be told, nothing where there is nothing to install.

    Raises:
        RequirementsError: `STANDARD_PIP_ARGS` has a quote that is never closed.
    """
    if not is_enabled(environ):
        return []
    stated = environ.get(PIP_ARGUMENTS, "")
    return stated_arguments(stated) if stated else found_arguments(Path(environ.get(MODEL_PATH, DEFAULT_MODEL_PATH)))


def stated_arguments(text: str) -> list[str]:
    """Return the arguments of a text as a shell would divide it.

    Raises:
        RequirementsError: it has a quote that is never closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise RequirementsError(f"{PIP_ARGUMENTS} is {text[:200]!r}, which no shell could read: {error}") from error


def found_arguments(folder: Path, file: str = FILE) -> list[str]:
    """Return the arguments that install a folder's requirements, none where it has no such file."""
    if not (folder / file).is_file():
        return []
    wheels = folder / WHEELS
    return ["-r", str(folder / file), *(["--find-links", str(wheels)] if wheels.is_dir() else [])]


def interpreter(command: Sequence[str]) -> str:
    """Return the Python that a command names as its first word, else the one that runs this."""
    first = command[0] if command else ""
    if PYTHON.fullmatch(Path(first).name):
        found = shutil.which(first)
        if found:
            return found
    return sys.executable


def installer(python: str) -> list[str]:
    """Return the command that installs into a Python."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", python]
    return [python, "-m", "pip", "--disable-pip-version-check", "install", *_root_is_fine()]


def _root_is_fine() -> list[str]:
    """In a container everybody is root: pip need not warn of it."""
    return ["--root-user-action", "ignore"] if os.geteuid() == 0 else []
