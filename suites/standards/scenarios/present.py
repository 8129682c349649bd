"""Gives the subject a script that changes no answer, and looks whether it runs."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import BootEnd, Drive, Exchange, LaunchSpec, scenario
from seatrial.suites.standards.scripts import script

__all__ = ["NONCE_HEADER", "PRESENT", "PresenceSeen", "trial_line"]

NONCE_HEADER = "X-Seatrial-Nonce"
LINE = "seatrial-trial"
LINE_WAIT = 2.0
"""Contract seconds for a line that is on its way."""

PRESENT = LaunchSpec(
    "standards-present",
    env=(("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py"), ("SEATRIAL_NONCE", "standards-present")),
    trial_files=(("model.py", script("present.py")),),
)


@dataclass(frozen=True)
class PresenceSeen:
    """What showed that the script runs.

    Attributes:
        end: how the start ended.
        ping: `/ping` afterwards.
        stamped: the nonce that its throttle stamped on the answer; empty for none.
        line: what the script said in the log when it was imported, its versions included; empty where nothing.
        last: the last lines of the log.
    """

    end: BootEnd
    ping: Exchange
    stamped: str
    line: str
    last: tuple[str, ...]

    @property
    def seen(self) -> bool:
        """Whether the script ran."""
        nonce = dict(PRESENT.env)["SEATRIAL_NONCE"]
        return self.stamped == nonce or bool(self.line)


@scenario("standards-present", sees=PresenceSeen, launch=PRESENT, takes=0.2)
def present(drive: Drive) -> PresenceSeen:
    """Ping once and read the log."""
    ping = drive.ping()
    nonce = dict(PRESENT.env)["SEATRIAL_NONCE"]
    drive.until(lambda: bool(trial_line(drive, nonce)), LINE_WAIT)
    mask = drive.client.mask.mask_text
    return PresenceSeen(
        drive.boot.end if drive.boot else BootEnd.CANCELLED,
        ping,
        (ping.answer.header(NONCE_HEADER) or "") if ping.answer else "",
        trial_line(drive, nonce),
        tuple(mask(line.text) for line in drive.instance.logs.lines[-5:]),
    )


def trial_line(drive: Drive, nonce: str) -> str:
    """The line that a script of this launch wrote when it was imported; empty where there is none."""
    said = f"{LINE} {nonce} "
    found = (line.text for line in drive.instance.logs.lines if said in f"{line.text} ")
    return next((text[text.index(LINE) :] for text in found), "")
