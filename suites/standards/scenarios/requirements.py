"""Starts a supervised server with packages to install: some that no index holds, and one that a file of ours holds.

What cannot be installed has `--no-index` as its first line, so that nothing waits for a network. What can be is a wheel
that is made of ASCII (see `suites/standards/wheel.py`) and is given to containers only: nobody wants it in the
environment of a process that is on trial.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, LaunchSpec, State, scenario
from seatrial.suites.standards.scenarios.probing import header, probe
from seatrial.suites.standards.wheel import WHEEL, WHEEL_NAME

__all__ = ["InstallSeen"]

PATIENCE = 60.0
"""Real seconds for a start beside what the installation takes."""
AUTO, ARGS = "STANDARD_AUTO_INSTALL_REQ", "STANDARD_PIP_ARGS"
IMPOSSIBLE = ("requirements.txt", "--no-index\nseatrial-absent-package==1.0\n")
FROM_FILE = ("requirements.txt", f"--no-index\n${{SEATRIAL_FILES}}/{WHEEL_NAME}\n")
BY_NAME = ("requirements.txt", "--no-index\nseatrial-probe==1.0\n")


def _launch(
    name: str,
    *env: tuple[str, str],
    model_files: tuple[tuple[str, str], ...],
    trial_files: tuple[tuple[str, str], ...] = (),
) -> LaunchSpec:
    # Some images run a supervisor only where a variable speaks to it.
    asked = ("PROCESS_AUTO_RECOVERY", "1")
    return probe(f"requirements-{name}", asked, *env, model_files=model_files, trial_files=trial_files)


FAILS = _launch("fail", (AUTO, "YES"), (ARGS, ""), model_files=(IMPOSSIBLE,))
OFF = _launch("off", (AUTO, "false"), model_files=(IMPOSSIBLE,))
EMPTY = _launch("empty", (AUTO, ""), model_files=(IMPOSSIBLE,))
NOTHING = "nothing to install.txt"
REPLACED = _launch(
    "replaced",
    (ARGS, f"--no-index -r '{{trial_files}}/{NOTHING}'"),
    model_files=(IMPOSSIBLE,),
    trial_files=((NOTHING, "# nothing\n"),),
)
UNBALANCED = _launch("unbalanced", (ARGS, "--no-index 'open"), model_files=())
FOLDER = _launch("folder", model_files=(("requirements.txt/keep", "a folder of that name\n"),))
INSTALLED = _launch(
    "installed", ("SEATRIAL_FILES", "{trial_files}"), model_files=(FROM_FILE,), trial_files=((WHEEL_NAME, WHEEL),)
)
OFFLINE = _launch("offline", model_files=(BY_NAME, (f"requirements/{WHEEL_NAME}", WHEEL)))


@dataclass(frozen=True)
class InstallSeen:
    """A start with something to install.

    Attributes:
        ready: whether /ping answered 200.
        found: whether the script found the package when it was imported: `found`, `missing`, empty where unknown.
        state: at the end.
        waited: seconds from the launch to the end.
        last: the last lines of the log.
    """

    ready: bool
    found: str
    state: State
    waited: float
    last: tuple[str, ...]

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        last = f"; last line: {self.last[-1][:160]}" if self.last else ""
        if self.ready:
            return f"it served after {self.waited:.1f} s"
        if self.state.running:
            return f"it ran without serving for {self.waited:.0f} s{last}"
        return f"exit code {self.state.exit_code} after {self.waited:.1f} s{last}"


def _install(drive: Drive) -> InstallSeen:
    found: list[str] = []

    def over() -> bool:
        ping = drive.ping()
        if ping.status == 200:
            found.append(header(ping, "X-Seatrial-Requirement"))
        return bool(found) or not drive.instance.state().running

    drive.until(over, PATIENCE / drive.facts.scale, every=0.1)
    last = tuple(drive.client.mask.mask_text(line.text) for line in drive.instance.logs.lines[-5:])
    return InstallSeen(bool(found), "".join(found), drive.instance.state(), drive.instance.now(), last)


LAUNCHES = (
    ("standards-install-fails", FAILS, 3.0),  # a package that no index holds
    ("standards-install-off", OFF, 2.0),  # the same with the installation switched off
    ("standards-install-empty", EMPTY, 2.0),  # the same with an empty switch
    ("standards-install-replaced", REPLACED, 2.0),  # the same, and arguments of one's own that install nothing
    ("standards-install-unbalanced", UNBALANCED, 1.0),  # arguments that no shell would take
    ("standards-install-folder", FOLDER, 2.0),  # a folder where the file would be
    ("standards-install", INSTALLED, 4.0),  # a package in a file, named by its path
    ("standards-install-offline", OFFLINE, 4.0),  # a package in the folder beside the file, named by its name
)
"""Each start by the scenario that watches it, and the seconds that it takes."""

for _name, _spec, _takes in LAUNCHES:
    scenario(_name, sees=InstallSeen, launch=_spec, starting=True, takes=_takes)(_install)
