"""Holds a benchmark against an earlier one, or says why the two cannot be held against each other.

Whether a difference is there and matters is the load generator's own judgement (`loadgen compare`, a bootstrap of the
samples that both runs kept), load by load. Figures of another machine, of other limits or of other requests say nothing
about a release, so what differs there is refused, unless the user insists.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.bench.generator import compare
from seatrial.conformance.bench.result import Change, Comparison, Outcome, Performance, Step
from seatrial.conformance.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.bench.result import Machine, Payload, Request

__all__ = ["differing_launch", "differing_payload", "held_against", "refuse"]

SHAPING = ("memory", "processors", "processes", "shared memory", "GPUs")
"""Settings of the subject on which its figures depend."""
SAME_MEMORY = 0.05
"""Machines of one kind differ by so much in the memory that their kernel leaves."""


def differing_launch(before: Performance, *, kind: str, machine: Machine, request: Request) -> tuple[str, ...]:
    """In what two benchmarks differ before anything is started: the machine, the kind of subject, limits and loads."""
    return tuple(_launch(before, kind, machine, request))


def _launch(before: Performance, kind: str, machine: Machine, request: Request) -> Iterator[str]:
    if before.kind != kind:
        yield f"the subject was {before.kind}, now {kind}"
    old = before.machine
    for what, was, now in (
        ("the processor", old.processor, machine.processor),
        ("the number of processors", old.processors, machine.processors),
        ("the system", old.system, machine.system),
    ):
        if was != now:
            yield f"{what} was {was}, now {now}"
    if abs(old.memory_bytes - machine.memory_bytes) > SAME_MEMORY * old.memory_bytes:
        yield f"the memory was {old.memory_bytes >> 20} MiB, now {machine.memory_bytes >> 20}"
    given, wanted = dict(before.request.settings), dict(request.settings)
    for name in SHAPING:
        if given.get(name) != wanted.get(name):
            yield f"{name} of the subject was {given.get(name)}, now {wanted.get(name)}"
    if not set(before.request.concurrency) & set(request.concurrency):
        yield f"requests at a time were {_list(before.request.concurrency)}, now {_list(request.concurrency)}"


def differing_payload(before: Performance, payload: Payload) -> tuple[str, ...]:
    """In what the requests differ."""
    if before.payload.fingerprint == payload.fingerprint:
        return ()
    return (f"the requests were {before.payload.words}, now {payload.words}",)


def refuse(path: Path, differing: tuple[str, ...], *, force: bool) -> None:
    """Refuse a baseline that differs.

    Raises:
        OptionError: it does, and the user does not insist.
    """
    if differing and not force:
        raise OptionError(
            f"--baseline {path}: it was measured otherwise ({'; '.join(differing)}), so a difference would say nothing "
            "about the subject: measure a baseline like this run, or give --force"
        )


def held_against(
    before: Performance, after: Performance, *, differing: tuple[str, ...], threshold: str, force: bool
) -> Comparison:
    """Compare load by load.

    Args:
        before: the earlier benchmark.
        after: this one.
        differing: what the user insisted on comparing all the same.
        threshold: the smallest change that matters, `5%`.
        force: compare runs whose loads differ.
    """
    remarks = list(differing)
    if before.digest and before.digest == after.digest:
        remarks.append("both are the same image: what differs is the scatter between two runs")
    if _gpus(before) != _gpus(after):
        remarks.append(f"the GPUs were {_gpus(before) or 'none'}, now {_gpus(after) or 'none'}")
    changes = []
    earlier = {step.concurrency: step for step in before.steps}
    for step in after.steps:
        old = earlier.get(step.concurrency)
        try:
            change = _change(old, step, threshold, force=force)
        except OptionError as error:
            remarks.append(f"{step.name}: not compared, {str(error).rstrip('.')}")
        else:
            changes.append(change)
    return Comparison(before.subject, before.started, tuple(remarks), tuple(changes))


def _change(before: Step | None, after: Step, threshold: str, *, force: bool) -> Change:
    """Compare one load.

    Raises:
        OptionError: it cannot be compared, and why.
    """
    if before is None or after.concurrency is None:
        raise OptionError("the baseline has no such run")
    for whose, step in (("the baseline's run", before), ("this run", after)):
        if step.load is None:
            raise OptionError(f"{whose} measured nothing ({Outcome(step.outcome)})")
    with TemporaryDirectory(prefix="seatrial-bench-") as folder:
        paths = []
        for name, step in (("before", before), ("after", after)):
            paths.append(Path(folder) / f"{name}.json")
            paths[-1].write_bytes(msgspec.json.encode(step.load))
        found = compare(*paths, threshold=threshold, force=force)
    return Change(after.concurrency, found.words, found.differences)


def _gpus(of: Performance) -> str:
    return ", ".join(next((tuple(gpu.name for gpu in step.gpus) for step in of.steps if step.gpus), ()))


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
