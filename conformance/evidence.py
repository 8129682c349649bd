"""Evidence: what a trial saw, written as JSON lines while it runs, and read back to be judged again.

Every verdict is judged on what was written, live or not, so re-judging an old run gives the same verdicts to the byte.
One folder holds `trial.json` (facts of the trial) and `observations.jsonl` (one line an observation).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from seatrial.conformance.contract import Depth
from seatrial.conformance.expect import Unobserved
from seatrial.conformance.subject.launcher import Ability, SubjectFacts
from seatrial.conformance.verdict import Untested

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Crashed", "EvidenceError", "Record", "TrialFacts"]

T = TypeVar("T")
FORMAT = 1
_DECODING = threading.Lock()
"""msgspec looks a type up when it is first decoded; two threads at once that meet a new one have ended in a crash."""


class EvidenceError(Exception):
    """The evidence cannot be read: one sentence that names the file."""


class Crashed(Exception):
    """The scenario itself failed: the harness's fault. The message is its traceback."""


@dataclass(frozen=True)
class TrialFacts:
    """What was on trial and how, fixed before the first launch.

    Attributes:
        subject: what was on trial.
        abilities: of the launcher.
        inputs: what the user offered, in the words of `options.OPTION_OF_INPUT`.
        profiles: the profiles judged.
        named: whether the user named them.
        claimed: those of them that the user named, or that a label of the image claims: they must be there.
        depth: how much of their catalogue is judged.
        scale: contract times are multiplied by this; 1 for a real trial.
        seed: of everything random.
        soak: whether true cadences were asked for.
        started: wall-clock time, ISO 8601 with offset.
        versions: of seatrial, Python and what else shaped the observations.
        settings: printed limits and options, for the report.
        window: seconds that the start was allowed to take.
        network: the network that the subject was given; empty for an isolated one.
        target_arch: architecture of the instances that the image is meant for.
    """

    subject: SubjectFacts
    abilities: frozenset[Ability] = frozenset()
    inputs: frozenset[str] = frozenset()
    profiles: tuple[str, ...] = ()
    named: bool = False
    claimed: tuple[str, ...] = ()
    depth: Depth = Depth.FULL
    scale: float = 1.0
    seed: int = 0
    soak: bool = False
    started: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    window: float = 480.0
    network: str = ""
    target_arch: str = "amd64"


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `observations.jsonl`.

    `status` is `seen`, `unobserved` or `crashed`; `value` is the observation, or the reason in words.
    """

    scenario: str
    launch: str
    status: str
    value: msgspec.Raw
    untested: Untested | None = None
    option: str = ""
    took: float = 0.0
    waited: float = 0.0


class Record:
    """All that one trial saw.

    Args:
        facts: of the trial.
        folder: where to write it; None keeps it in memory only.
    """

    def __init__(self, facts: TrialFacts, folder: Path | None = None) -> None:
        self.facts = facts
        self._lines: dict[str, Line] = {}
        self._decoded: dict[tuple[str, type[Any]], Any] = {}
        self._lock = threading.Lock()
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "trial.json").write_bytes(msgspec.json.format(msgspec.json.encode(_sorted(facts)), indent=1))
            (folder / "observations.jsonl").write_bytes(b"")

    @classmethod
    def read(cls, folder: Path) -> Record:
        """Read the evidence of an earlier trial.

        Raises:
            EvidenceError: the folder or a file in it is missing or malformed.
        """
        path = folder / "trial.json"
        try:
            record = cls(msgspec.json.decode(path.read_bytes(), type=TrialFacts))
            path = folder / "observations.jsonl"
            for number, raw in enumerate(path.read_bytes().splitlines(), 1):
                try:
                    line = msgspec.json.decode(raw, type=Line)
                except msgspec.DecodeError as error:
                    raise EvidenceError(f"{path}, line {number}, is not an observation: {error}") from error
                record._lines[line.scenario] = line
        except OSError as error:
            raise EvidenceError(
                f"{path} cannot be read: {error.strerror}; name the `evidence` folder of a report"
            ) from error
        except msgspec.DecodeError as error:
            raise EvidenceError(f"{path} is not the evidence of a trial: {error}") from error
        return record

    def add(self, scenario: str, launch: str, value: object, *, took: float = 0.0, waited: float = 0.0) -> None:
        """Write one observation."""
        self._write(Line(scenario, launch, "seen", _raw(value), took=round(took, 3), waited=round(waited, 3)))

    def add_unobserved(self, scenario: str, launch: str, why: Unobserved) -> None:
        """Write that a scenario could not be observed."""
        self._write(Line(scenario, launch, "unobserved", _raw(why.why), why.kind, why.option))

    def add_crashed(self, scenario: str, launch: str, traceback: str) -> None:
        """Write that a scenario failed through the harness's own fault."""
        self._write(Line(scenario, launch, "crashed", _raw(traceback)))

    def _write(self, line: Line) -> None:
        with self._lock:
            self._lines[line.scenario] = line
            if self._folder is not None:
                with (self._folder / "observations.jsonl").open("ab") as file:
                    file.write(msgspec.json.encode(line) + b"\n")

    def get(self, scenario: str, sees: type[T]) -> T:
        """The observation of a scenario.

        Raises:
            Unobserved: it was not observed, and why.
            Crashed: the scenario failed.
        """
        line = self._lines.get(scenario)
        if line is None:
            raise Unobserved(Untested.PREREQUISITE, f"this evidence holds no observation {scenario!r}")
        if line.status == "unobserved":
            raise Unobserved(line.untested or Untested.PREREQUISITE, msgspec.json.decode(line.value), line.option)
        if line.status == "crashed":
            raise Crashed(msgspec.json.decode(line.value, type=str))
        key = (scenario, sees)
        with _DECODING:
            if key not in self._decoded:
                self._decoded[key] = msgspec.json.decode(line.value, type=sees)
        value: T = self._decoded[key]
        return value

    def find(self, scenario: str, sees: type[T]) -> T | None:
        """The observation of a scenario; None where there is none."""
        try:
            return self.get(scenario, sees)
        except (Unobserved, Crashed):
            return None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line, in the order in which they were written."""
        with self._lock:
            return tuple(self._lines.values())


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _sorted(facts: TrialFacts) -> object:
    """Plain values with sets in a fixed order, so that the same trial writes the same bytes."""
    return msgspec.to_builtins(facts, order="deterministic")
