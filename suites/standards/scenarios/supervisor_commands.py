"""Runs the package's supervisor once more, inside the container, with command lines of its own: a script does it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, scenario
from seatrial.suites.standards.scenarios.probing import probe
from seatrial.suites.standards.scenarios.supervisor import SUPERVISED

__all__ = ["AWKWARD", "PLAIN", "CommandsSeen", "Ran"]

COMMANDS = probe("commands", *SUPERVISED, script_name="commands.py")
ON, OFF = {"PROCESS_AUTO_RECOVERY": "true"}, {"PROCESS_AUTO_RECOVERY": "false"}
SAYS = "seatrial-arguments "
SAY_ALL = f"import json,sys,time;print({SAYS!r}+json.dumps(sys.argv[1:]),flush=True);time.sleep(60)"
PLAIN = ("two words", "it's", 'say "so"', "back\\slash", "", '{"a": [1, "b c"]}', "line\nbreak")
AWKWARD = ("{% if x %}", "100%%", "a ;b", "x\n  y")
"""Arguments that the format of a configuration file takes for its own."""
TIMEOUT = 60.0


@dataclass(frozen=True)
class Ran:
    """One run of the supervisor.

    Attributes:
        call: that asked for it.
        available: whether there is a supervisor to run.
        code: its exit code; None where it was not run.
        written: its last lines, and those of its command.
    """

    call: Exchange
    available: bool
    code: int | None
    written: str

    @property
    def received(self) -> tuple[str, ...] | None:
        """The arguments that its command says it got; None where it never said any."""
        line = next((one for one in self.written.splitlines() if one.startswith(SAYS)), None)
        try:
            return None if line is None else tuple(json.loads(line.removeprefix(SAYS)))
        except ValueError:
            return None


@dataclass(frozen=True)
class CommandsSeen:
    """Runs of the supervisor.

    Attributes:
        nothing: without a command.
        missing: with a command that does not exist, recovery off.
        plain: with a command that says which arguments it got.
        awkward: the same, with arguments that a configuration file takes for its own.
    """

    nothing: Ran
    missing: Ran
    plain: Ran
    awkward: Ran


@scenario("standards-commands", sees=CommandsSeen, launch=COMMANDS, takes=6.0)
def commands(drive: Drive) -> CommandsSeen:
    """Run the supervisor with nothing, with a command that is missing, and with two that say what they got."""
    say_all = ("{python}", "-c", SAY_ALL)
    return CommandsSeen(
        nothing=_run(drive, (), ON),
        missing=_run(drive, ("/seatrial/no-such-command",), OFF),
        plain=_run(drive, (*say_all, *PLAIN), ON),
        awkward=_run(drive, (*say_all, *AWKWARD), ON),
    )


def _run(drive: Drive, arguments: tuple[str, ...], env: dict[str, str]) -> Ran:
    body = json.dumps({"arguments": arguments, "env": env}).encode()
    request = RawRequest("POST", "/invocations", (("Content-Type", "application/json"),), body)
    # Real seconds: a supervisor and the interpreters that start do not keep the time of a shortened trial.
    call = drive.client.send(request, timeout=TIMEOUT)
    try:
        found = json.loads(call.answer.body.text) if call.answer and call.ok else {}
    except ValueError:
        found = {}
    return Ran(call, bool(found), found.get("code"), drive.client.mask.mask_text(found.get("written", "")))
