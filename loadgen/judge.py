"""Is the run itself valid, do the objectives hold, and what does the process exit with.

A load generator that could not keep up reports its own slowness as the server's. So the client is judged first: in an
open loop a run is INVALID where it sent late, ran out of CPU or did not keep the rate. Two causes are told apart: the
client was short of something, or every allowed connection was held by a request that the server had not answered
(it fell behind, or too few were allowed). The load that was asked for was not offered in either case, so neither is a
measurement at that rate.

Lateness is judged on requests that did not wait for a connection, and without the time that connecting took: that is
what the client alone is to blame for.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure.evidence import Evidence
from seatrial.loadgen.measure.fitness import counted_cpu
from seatrial.loadgen.measure.objectives import evaluate
from seatrial.loadgen.measure.statistics import percentile
from seatrial.loadgen.measure.traps import traps
from seatrial.loadgen.measure.words import count, per_cent, time
from seatrial.loadgen.result import Complaint, Verdict

if TYPE_CHECKING:
    from seatrial.loadgen.measure.rows import Rows
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

__all__ = ["judge"]

SEND_ERROR_NS = 1_000_000
SEND_ERROR_SHARE = 0.05
CPU = 0.85
CPU_SECONDS = 3
"""A core busy for less than this delays too few requests to matter: what it delays shows up in the send error."""
KEPT = 0.99
SLOWED = 2.0
"""A server whose median service time rose by this factor before connections ran out is what they ran out for."""

MORE_CORES = "give the client more cores with --workers, or run it on another machine"


def judge(result: Result, observed: Observed) -> Result:
    """Return the result with objectives, complaints, warnings and its verdict.

    Precedence: interrupted (exit code 130), invalid (3), missed (1), met (0).

    Args:
        result: of `measure`.
        observed: the run it was measured from.

    Raises:
        UsageError: an objective cannot be read.
    """
    evidence = Evidence(observed)
    objectives = tuple(evaluate(slo, evidence) for slo in evidence.slos)
    complaints = _broken(observed)
    warnings = list(result.warnings)
    if evidence.rows.open_loop:
        complaints += _open_loop(evidence, result)
    else:
        warnings += [
            f"client-bound: throughput is a lower bound ({found.seen}; {found.cure})" for found in _busy(observed)
        ]
    warnings += traps(result, evidence)
    if observed.interrupted:
        verdict = Verdict.INTERRUPTED
    elif complaints:
        verdict = Verdict.INVALID
    else:
        verdict = Verdict.MET if all(each.met for each in objectives) else Verdict.MISSED
    return dataclasses.replace(
        result, verdict=verdict, objectives=objectives, complaints=tuple(complaints), warnings=tuple(warnings)
    )


def _broken(observed: Observed) -> list[Complaint]:
    return [
        Complaint(
            "every engine process runs to its end",
            f"engine {number} broke: {note.failure}",
            note.cure or "report this with the command line; a smaller rate or fewer --workers may avoid it",
        )
        for number, note in enumerate(observed.notes, 1)
        if note.failure
    ]


def _open_loop(evidence: Evidence, result: Result) -> list[Complaint]:
    found = _late(evidence.rows) + _busy(evidence.observed)
    broken = any(note.failure for note in evidence.observed.notes)
    # What a broken engine did not send is told with it: no other cause is behind that.
    if not broken and len(evidence.rows) and float(evidence.on_time.mean()) < KEPT:
        found += _short(evidence, result)
    return found


def _late(rows: Rows) -> list[Complaint]:
    own = np.sort(rows.own_lateness)
    if not len(own) or not len(rows.service):
        return []  # nothing succeeded: there is no latency that lateness could spoil
    p99, p50 = percentile(own, 0.99), percentile(np.sort(rows.service), 0.5)
    if p99 <= SEND_ERROR_NS or p99 <= SEND_ERROR_SHARE * p50:
        return []
    return [
        Complaint(
            "send error p99 at most 1 ms or 5 % of the median service time",
            f"requests left up to {time(p99)} late (p99), with a median service time of {time(p50)}",
            f"{MORE_CORES}; a lower rate helps as well",
        )
    ]


def _busy(observed: Observed) -> list[Complaint]:
    """Return a complaint for the busiest engine process, where it had no CPU to spare for some seconds in a row."""
    worst, where = max(
        (
            (_sustained(counted_cpu(note, observed.plan.load.warmup_s)), number)
            for number, note in enumerate(observed.notes, 1)
        ),
        default=(0.0, 0),
    )
    if worst <= CPU:
        return []
    return [
        Complaint(
            f"CPU at most {CPU:.0%} of a core over {CPU_SECONDS} s in a row".replace("%", " %"),
            f"engine process {where} used {per_cent(worst)} of its core",
            MORE_CORES,
        )
    ]


def _sustained(cpu: list[float]) -> float:
    """Return the greatest mean over some seconds in a row, or over all where there are fewer."""
    width = min(CPU_SECONDS, len(cpu))
    if not width:
        return 0.0
    return float(np.convolve(cpu, np.full(width, 1.0 / width), "valid").max())


def _short(evidence: Evidence, result: Result) -> list[Complaint]:
    """Say that the rate was not kept, and who is behind it."""
    rows, on_time = evidence.rows, evidence.on_time
    late = ~on_time
    unsent = rows.fault == Fault.UNSENT
    starved = rows.waited | (unsent & (sum(note.waiting_most for note in evidence.observed.notes) > 0))
    limit = f"at least {KEPT:.0%} of the asked rate".replace("%", " %")
    seen = f"{per_cent(float(on_time.mean()))} of {count(len(rows))} due requests were sent within the schedule"
    if (late & starved).sum() * 2 > late.sum():
        cause, said, cure = _starved(evidence, result)
        found = [Complaint(limit, f"{seen}: {said}", cure, cause)]
    else:
        found = [Complaint(limit, f"{seen}, and no connection was missing: the client fell behind", MORE_CORES)]
    if unsent.any():
        found.append(
            Complaint(
                "every due request is sent",
                f"{count(unsent.sum())} of {count(len(rows))} due requests were never sent",
                found[0].cure,
                cause=found[0].cause,
            )
        )
    return found


def _starved(evidence: Evidence, result: Result) -> tuple[str, str, str]:
    """Tell a server that fell behind from a limit on connections that is too low for it: cause, what was seen, cure."""
    rows, most = evidence.rows, evidence.observed.plan.load.max_connections
    taken = f"{count(rows.waited.sum())} waited because all {count(most)} connections were taken"
    first = int(np.argmax(rows.waited)) if rows.waited.any() else len(rows)
    service = (rows.ended - rows.records.sent)[rows.good]
    before, after = service[np.flatnonzero(rows.good) < first], service[np.flatnonzero(rows.good) >= first]
    if not len(service):
        cure = "the server, not this client, is behind: ask for a lower rate"
        return "server", f"{taken} and none was answered well", cure
    # At first one request meets an idle server: the least of the early ones is its unhurried time.
    calm = float(np.quantile(before, 0.1)) if len(before) else float(service.min())
    hurried = float(np.median(after)) if len(after) else float(np.median(before))
    if hurried >= SLOWED * calm:
        return (
            "server",
            f"{taken}, while the service time rose from {time(calm)} to {time(hurried)}",
            "the server, not this client, fell behind: ask for a lower rate, or find the highest with --find-capacity",
        )
    needed = (result.rate.asked or 0.0) * hurried / 1e9
    return (
        "connections",
        f"{taken}, while the service time stayed at {time(hurried)}",
        f"raise --max-connections: this rate at that service time holds about {count(needed)} at a time",
    )
