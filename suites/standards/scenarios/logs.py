"""Starts a server with its two log variables set in every telling way, and keeps the lines that the package wrote.

What the package's supervisor writes has a level of its own and is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from seatrial.conformance.api import BootEnd, Drive, LogLine, scenario
from seatrial.suites.standards.scenarios.probing import deed, probe

__all__ = ["FORMAT", "QUIET", "PackageLogSeen", "RootLevelSeen"]

PACKAGE_LEVEL, LEVEL = "SAGEMAKER_CONTAINER_LOG_LEVEL", "LOG_LEVEL"
NAMED = re.compile(r"(?<![\w/.])model_hosting_container_standards(?![\w/])(?!\.supervisor)")
"""A line in which the package speaks, in whatever format; a path in a traceback does not count."""
FORMAT = re.compile(r"\[(?P<level>[A-Z]+)\] model_hosting_container_standards(\.[\w.]+)? - [\w.-]+:\d+: ")
KEPT = 200
SETTLE, QUIET_FOR = 3.0, 0.3
"""Contract seconds for lines that are on their way, and of silence after which none are."""

QUIET = probe("quiet")
DEBUG = probe("log-debug", (PACKAGE_LEVEL, "DEBUG"), (LEVEL, "error"))
SILENCED = probe("log-silenced", (PACKAGE_LEVEL, "ERROR"), (LEVEL, "debug"))
ALONE = probe("log-alone", (LEVEL, "debug"))
NUMBER = probe("log-number", (PACKAGE_LEVEL, "10"))
INVALID = probe("log-invalid", (PACKAGE_LEVEL, "LOUD"))
EMPTY = probe("log-empty", (PACKAGE_LEVEL, ""))


@dataclass(frozen=True)
class PackageLogSeen:
    """What the package wrote during one start.

    Attributes:
        end: how the start ended.
        lines: its lines, at most 200.
        stdout: the stream on which the line arrived that the script printed to stdout; empty where none did.
        last: the last lines of the whole log where the start failed.
    """

    end: BootEnd
    lines: tuple[LogLine, ...]
    stdout: str
    last: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether the server became ready."""
        return self.end is BootEnd.READY

    @property
    def below_error(self) -> tuple[str, ...]:
        """The lines of a level below ERROR, by the documented format; those without a known level count."""
        found = ((line.text, FORMAT.search(line.text)) for line in self.lines)
        return tuple(text for text, known in found if known is None or known["level"] not in {"ERROR", "CRITICAL"})

    @property
    def levels(self) -> frozenset[str]:
        """The levels that occur, by the documented format."""
        return frozenset(known["level"] for line in self.lines if (known := FORMAT.search(line.text)))


@dataclass(frozen=True)
class RootLevelSeen:
    """What the import of the package made of the root logger's level: `kept`, or another one; empty where unknown."""

    after_import: str


def _package_log(drive: Drive) -> PackageLogSeen:
    logs = drive.instance.logs
    while logs.wait_for_lines(logs.total_lines, QUIET_FOR) and drive.instance.now() < drive.seconds(SETTLE) + _ended(
        drive
    ):
        pass
    mask = drive.client.mask.mask_text
    lines = tuple(
        LogLine(line.at, line.stream, mask(line.text), line.cut) for line in logs.lines if NAMED.search(line.text)
    )
    end = drive.boot.end if drive.boot else BootEnd.CANCELLED
    last = () if end is BootEnd.READY else tuple(mask(line.text) for line in logs.lines[-5:])
    stdout = next((line.stream for line in logs.lines if "seatrial-stdout " in line.text), "")
    return PackageLogSeen(end, lines[:KEPT], stdout, last)


def _ended(drive: Drive) -> float:
    return drive.boot.waited if drive.boot else 0.0


LAUNCHES = (
    ("standards-log-default", QUIET),  # neither variable is set
    ("standards-log-debug", DEBUG),  # the package's variable says DEBUG, the general one error
    ("standards-log-silenced", SILENCED),  # the package's variable says ERROR, the general one debug
    ("standards-log-alone", ALONE),  # the general variable alone says debug, in lower case
    ("standards-log-number", NUMBER),  # the level is a number
    ("standards-log-invalid", INVALID),  # the level is no level
    ("standards-log-empty", EMPTY),  # the level is empty
)
"""Each launch by the scenario that reads its log."""

for _name, _spec in LAUNCHES:
    scenario(_name, sees=PackageLogSeen, launch=_spec, takes=0.3)(_package_log)


@scenario("standards-root-level", sees=RootLevelSeen, launch=QUIET, takes=0.1)
def root_level(drive: Drive) -> RootLevelSeen:
    """Have the script import the package anew, at a root level that nobody else sets."""
    answer = deed(drive, "import").answer
    return RootLevelSeen(answer.body.text if answer and answer.ok else "")
