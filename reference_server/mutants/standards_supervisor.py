"""Faults of the standards' supervisor, and of what it installs before it starts the server."""

import contextlib
import dataclasses
import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.standards_tools import Make, change, change_method, part
from seatrial.reference_server.variants import mutant

LOOP, SETTINGS, COMMAND = "supervisor.loop", "supervisor.settings", "supervisor.command"
TERMINATED = 143


def _settings(package: ModuleType, **other: object) -> ModuleType:
    """Load other settings than the variables ask for."""
    return change(package, SETTINGS, "load", lambda real: lambda env: dataclasses.replace(real(env), **other))


# -- a server that dies


@mutant(kills="supervisor.restarts", reason="NOT_RESTARTED", layer="standards")
def watches_one_life_only(package: ModuleType) -> ModuleType:
    """End with the server."""
    return _settings(package, restart=False)


@mutant(kills="supervisor.restarts", reason="RETRIES_USED_UP", layer="standards")
def forgives_no_death(package: ModuleType) -> ModuleType:
    """Count every end against the retries, also that of a server that had run for long."""
    return _settings(package, start_seconds=float("inf"))


@mutant(kills="supervisor.restarts-after-exit", reason="EXIT_IS_FINAL", layer="standards")
def takes_zero_for_the_end(package: ModuleType) -> ModuleType:
    """End where the server ended with code 0."""

    def make(real: Make) -> Make:
        def run_once(self: Any) -> Any:
            code = real(self)
            if code == 0:
                self.settings = dataclasses.replace(self.settings, restart=False)
            return code

        return run_once

    return change_method(package, LOOP, "Supervisor", "run_once", make)


@mutant(kills="supervisor.gives-up", reason="SERVES_WHAT_FAILED", layer="standards", also=["supervisor.counts-retries"])
def serves_without_the_script(package: ModuleType) -> ModuleType:
    """Serve the engine's own routes where the customer's script fails."""

    def make(real: Make) -> Make:
        def load_script(self: object) -> None:
            with contextlib.suppress(RuntimeError):
                real(self)

        return load_script

    return change_method(package, "customer_code", "CustomerCode", "load_script", make)


@mutant(kills="supervisor.gives-up", reason="GIVES_UP_CLEANLY", layer="standards")
def gives_up_with_code_zero(package: ModuleType) -> ModuleType:
    """End well where the server could not be started."""
    return change(package, LOOP, "GAVE_UP", lambda _: 0)


@mutant(kills="supervisor.counts-retries", reason="RETRIES_NOT_COUNTED", layer="standards")
def believes_in_every_start(package: ModuleType) -> ModuleType:
    """Count a start as a success however soon the server dies."""
    return _settings(package, start_seconds=0.0)


# -- settings


@mutant(kills="supervisor.recovery-off", reason="STILL_SUPERVISED", layer="standards")
def supervises_whoever_asks(package: ModuleType) -> ModuleType:
    """Watch the server although recovery is off."""
    return change(package, SETTINGS, "is_supervised", lambda _: lambda _: True)


@mutant(kills="supervisor.recovery-off", reason="EXIT_CODE_LOST", layer="standards")
def swallows_the_exit_code(package: ModuleType) -> ModuleType:
    """Start the server from a shell script that ends with an `exit 0`, where recovery is off."""

    def in_place(command: Sequence[str], mask: object) -> int:
        del mask
        os.execv("/bin/sh", ["/bin/sh", "-c", '"$@"; exit 0', "sh", *command])  # noqa: S606  that is the fault

    return change(package, COMMAND, "in_place", lambda _: in_place)


@mutant(kills="supervisor.log-level", reason="LEVEL_REFUSED", layer="standards")
def knows_no_warn(package: ModuleType) -> ModuleType:
    """Refuse the level `warn`."""
    return change(package, SETTINGS, "LEVELS", lambda real: real - {"warn"})


@mutant(kills="supervisor.retries-range", reason="BAD_RETRIES_TAKEN", layer="standards")
def retries_as_often_as_asked(package: ModuleType) -> ModuleType:
    """Take any number of retries."""
    return change(package, SETTINGS, "MOST_RETRIES", lambda _: 10**9)


# -- signals and streams


@mutant(kills="supervisor.passes-sigterm", reason="TERM_IGNORED", layer="standards")
def sits_out_sigterm(package: ModuleType) -> ModuleType:
    """Do nothing at SIGTERM."""

    def stop(_: object) -> int:
        while True:
            time.sleep(1.0)

    return change_method(package, LOOP, "Supervisor", "stop", lambda _: stop)


@mutant(kills="supervisor.passes-sigterm", reason="TERM_LOSES_CALL", layer="standards")
def kills_at_sigterm(package: ModuleType) -> ModuleType:
    """Kill the server at SIGTERM."""

    def stop(self: Any) -> int:
        self.family.kill()
        return 0

    return change_method(package, LOOP, "Supervisor", "stop", lambda _: stop)


@mutant(kills="supervisor.passes-sigterm", reason="TERM_EXIT_CODE", layer="standards")
def ends_as_if_killed(package: ModuleType) -> ModuleType:
    """Pass SIGTERM on and end with 143."""

    def make(real: Make) -> Make:
        def stop(self: object) -> int:
            real(self)
            return TERMINATED

        return stop

    return change_method(package, LOOP, "Supervisor", "stop", make)


@mutant(kills="supervisor.drains", reason="DRAIN_CUT_SHORT", layer="standards")
def waits_five_seconds(package: ModuleType) -> ModuleType:
    """Give a server that drains five seconds."""
    return _settings(package, stop_seconds=scaled(5.0))


def _started_with(package: ModuleType, **other: object) -> ModuleType:
    """Start the server with other arguments to Popen."""
    changed = SimpleNamespace(Popen=partial(subprocess.Popen, **other), DEVNULL=subprocess.DEVNULL)
    return change(package, "supervisor.family", "subprocess", lambda _: changed)


@mutant(kills="supervisor.passes-output-and-environment", reason="OUTPUT_LOST", layer="standards")
def sends_stdout_to_nowhere(package: ModuleType) -> ModuleType:
    """Throw away what the server writes to stdout."""
    return _started_with(package, stdout=subprocess.DEVNULL)


@mutant(kills="supervisor.passes-output-and-environment", reason="ENVIRONMENT_LOST", layer="standards")
def passes_known_variables_only(package: ModuleType) -> ModuleType:
    """Leave out a variable that it does not know."""

    def make(real: Make) -> Make:
        def family(command: Sequence[str]) -> object:
            os.environ.pop("SEATRIAL_NONCE", None)
            return real(command)

        return family

    return change(package, LOOP, "Family", make)


# -- requirements


@mutant(kills="requirements.folder-or-none", reason="FOLDER_STOPS_START", layer="standards")
def installs_a_folder(package: ModuleType) -> ModuleType:
    """Take whatever is called requirements.txt for a list of requirements."""

    def make(real: Make) -> Make:
        def arguments(environ: Mapping[str, str]) -> Any:
            path = Path(environ.get("SAGEMAKER_MODEL_PATH", "/opt/ml/model"), "requirements.txt")
            return ["-r", str(path)] if path.is_dir() else real(environ)

        return arguments

    return change(package, "requirements", "arguments", make)


@mutant(kills="requirements.failure-is-fatal", reason="STARTS_WITHOUT", layer="standards")
def starts_without_its_packages(package: ModuleType) -> ModuleType:
    """Start the server where the installation failed."""
    failed = part(package, "requirements").RequirementsError

    def make(real: Make) -> Make:
        def install(*args: object, **kwargs: object) -> Any:
            with contextlib.suppress(failed):
                return real(*args, **kwargs)
            return False

        return install

    return change(package, "requirements", "install", make)


@mutant(kills="requirements.failure-is-fatal", reason="INSTALL_CODE", layer="standards")
def fails_with_code_zero(package: ModuleType) -> ModuleType:
    """End with code 0 where the installation failed."""
    return change(package, COMMAND, "FAILED", lambda _: 0)


@mutant(kills="requirements.switch", reason="SWITCH_IGNORED", layer="standards")
def hears_only_false(package: ModuleType) -> ModuleType:
    """Install unless the switch says `false`."""

    def make(real: Make) -> Make:
        def arguments(environ: Mapping[str, str]) -> Any:
            off = environ.get("STANDARD_AUTO_INSTALL_REQ", "").lower() == "false"
            return real({**environ, "STANDARD_AUTO_INSTALL_REQ": "false" if off else "true"})

        return arguments

    return change(package, "requirements", "arguments", make)


@mutant(kills="requirements.arguments", reason="ARGUMENTS_ADDED", layer="standards")
def installs_the_file_as_well(package: ModuleType) -> ModuleType:
    """Add the arguments to those of the file."""

    def make(real: Make) -> Make:
        def arguments(environ: Mapping[str, str]) -> list[str]:
            stated = real(environ)
            file = real({**environ, "STANDARD_PIP_ARGS": ""})
            return stated if stated == file else [*stated, *file]

        return arguments

    return change(package, "requirements", "arguments", make)


@mutant(kills="requirements.arguments", reason="BAD_ARGUMENTS_TAKEN", layer="standards")
def mends_an_open_quote(package: ModuleType) -> ModuleType:
    """Take arguments with an open quote for none."""

    def make(real: Make) -> Make:
        def arguments(environ: Mapping[str, str]) -> Any:
            try:
                shlex.split(environ.get("STANDARD_PIP_ARGS", ""))
            except ValueError:
                return []
            return real(environ)

        return arguments

    return change(package, "requirements", "arguments", make)


# -- of an image: what is installed there is thrown away with the container

REQUIREMENTS = "$(python -c 'import seatrial.reference_server.standards.requirements as m; print(m.__file__)')"


@mutant(kills="requirements.installed-first", reason="NOT_INSTALLED", layer="image")
def installs_only_when_told_to(dockerfile: str) -> str:
    """Leave requirements.txt alone unless STANDARD_AUTO_INSTALL_REQ is set."""
    return f"{dockerfile}ENV STANDARD_AUTO_INSTALL_REQ=false\n"


@mutant(kills="requirements.offline-folder", reason="FOLDER_NOT_SEARCHED", layer="image")
def looks_into_no_folder(dockerfile: str) -> str:
    """Leave the folder beside requirements.txt out."""
    line = 'FILE, WHEELS = "requirements.txt", "nowhere"'
    return f"{dockerfile}RUN sed -i 's/^FILE, WHEELS = .*/{line}/' {REQUIREMENTS}\n"
