"""Makes what a trial needs: a server's own virtual environment, its model and requests, its image.

Done once; again where the pins or the model's script changed. Nothing is judged here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.reference_server.images import build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from field_trials.servers import Server

__all__ = ["WorkshopError", "engine_answers", "install", "make_environment", "make_image", "surroundings", "versions"]

PYTHON = "3.11"


class WorkshopError(Exception):
    """Something cannot be made; the message is one sentence."""


def make_environment(server: Server) -> None:
    """Install the server, and have it make its model and the requests of the trial.

    Raises:
        WorkshopError: a step failed.
    """
    stamp = server.berth / "made-from"
    made_from = _digest(server.source / "requirements.txt", server.source / "make_model.py")
    if stamp.exists() and stamp.read_text() == made_from:
        return
    _say(f"{server.name}: installing it into {server.venv.parent.name}/{server.venv.name}")
    _run(_uv(), "venv", "--quiet", "--clear", "--python", PYTHON, str(server.venv))
    python = str(server.venv / "bin" / "python")
    pins = str(server.source / "requirements.txt")
    _run(_uv(), "pip", "install", "--quiet", "--python", python, "--no-deps", "--requirement", pins)
    _run(python, str(server.source / "make_model.py"), str(server.berth), env=surroundings(server))
    stamp.write_text(made_from)


def install(pins: Path, venv: Path) -> Path:
    """Install pinned packages into a virtual environment of their own, once; its interpreter.

    Raises:
        WorkshopError: a step failed.
    """
    python, stamp = venv / "bin" / "python", venv / "made-from"
    made_from = _digest(pins)
    if not (stamp.exists() and stamp.read_text() == made_from):
        _say(f"installing {pins.name} into {venv.parent.name}/{venv.name}")
        _run(_uv(), "venv", "--quiet", "--clear", "--python", PYTHON, str(venv))
        _run(_uv(), "pip", "install", "--quiet", "--python", str(python), "--no-deps", "--requirement", str(pins))
        stamp.write_text(made_from)
    return python


def make_image(server: Server) -> None:
    """Build the server's image; the engine's cache makes a second time quick.

    Raises:
        WorkshopError, BuildError, BaseImageError: it cannot be built.
    """
    base = build.usable_base(os.environ.get("BASE") or f"python:{PYTHON}-slim")
    _say(f"{server.name}: building {server.image}")
    _run("docker", "build", "--quiet", "--tag", server.image, "--build-arg", f"BASE={base}", str(server.source))


def engine_answers() -> bool:
    """Whether images can be tried here."""
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def surroundings(server: Server) -> dict[str, str]:
    """The environment of the server's processes: its virtual environment first, as if it were activated."""
    own = f"{server.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # The folder of our tests is on our own path, and no business of a server's.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**inherited, **server.environment, "PATH": own, "VIRTUAL_ENV": str(server.venv)}


def versions(server: Server) -> dict[str, str]:
    """The pinned version of each package that the page names."""
    lines = (server.source / "requirements.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    return {name: pins[name] for name in server.packages}


def _uv() -> str:
    """The uv of this machine, else the one beside our own interpreter, where `make` puts it."""
    beside = Path(sys.executable).with_name("uv")
    return shutil.which("uv") or (str(beside) if beside.exists() else "uv")


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _run(*command: str, env: Mapping[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    except FileNotFoundError:
        raise WorkshopError(f"{command[0]} is missing: install it and try again") from None
    if done.returncode:
        told = f"{Path(command[0]).name} {' '.join(command[1:3])}"
        raise WorkshopError(f"`{told} …` failed with code {done.returncode}:\n{_last(done)}")


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines: Sequence[str] = (done.stdout + done.stderr).strip().splitlines()
    return "\n".join(f"  {line}" for line in lines[-8:])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
