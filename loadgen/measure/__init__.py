"""From what a run left behind to its figures. No verdict is made here, and no socket is touched.

Percentiles are of requests that succeeded; failures are counted apart. Rows of the warm-up, and rows that were not due
when the run was cut off, are in no figure.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

import seatrial
from seatrial.loadgen.cost import cost_of
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure.distribution import distribution
from seatrial.loadgen.measure.evidence import Evidence
from seatrial.loadgen.measure.fitness import fitness
from seatrial.loadgen.measure.rows import NS, asked_rate
from seatrial.loadgen.measure.samples import pack
from seatrial.loadgen.measure.series import per_second
from seatrial.loadgen.measure.statistics import effective_samples, wilson
from seatrial.loadgen.measure.steady import head_warning
from seatrial.loadgen.measure.words import load_words, rhythm_words
from seatrial.loadgen.result import (
    FaultCount,
    Goodput,
    Interval,
    OutputTokens,
    Rate,
    Requests,
    Result,
    RunFacts,
    Samples,
    Streams,
    Verdict,
)
from seatrial.loadgen.slo import Metric

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed

__all__ = ["measure"]


def measure(observed: Observed) -> Result:
    """Compute every figure of a run.

    Returns:
        A result without objectives, whose verdict is INVALID: nobody has said yet that the client was fit. `judge`
        does.

    Raises:
        UsageError: an objective or an instance type of the plan does not exist.
    """
    evidence = Evidence(observed)
    rows, window, plan = evidence.rows, evidence.window_s, observed.plan
    good = int(rows.good.sum())
    tokens = _output_tokens(evidence)
    unsteady = head_warning(evidence)
    return Result(
        facts=_facts(evidence),
        verdict=Verdict.INVALID,
        rate=_rate(evidence),
        requests=Requests(
            due=len(rows),
            sent=int(rows.sent.sum()),
            succeeded=good,
            failed=len(rows) - good,
            unsent=int((rows.fault == Fault.UNSENT).sum()),
        ),
        response=distribution(rows.response) if rows.open_loop else None,
        service=distribution(rows.service),
        goodput=_goodput(evidence),
        workload_per_second=_per(_workload(evidence), window),
        faults=_faults(evidence),
        statuses=_statuses(evidence),
        series=per_second(evidence),
        fitness=fitness(evidence),
        objectives=(),
        warnings=(*observed.remarks, *([unsteady] if unsteady else [])),
        streams=_streams(evidence),
        output_tokens=tokens,
        cost=cost_of(plan, requests=_per(good, window), tokens=tokens.per_second if tokens else None),
        samples=_samples(evidence),
        version=seatrial.__version__,
    )


def _per(amount: float, seconds: float) -> float:
    return amount / seconds if seconds > 0 else 0.0


def _facts(evidence: Evidence) -> RunFacts:
    observed, plan = evidence.observed, evidence.observed.plan
    clocks = {note.clock for note in observed.notes if note.clock}
    return RunFacts(
        target=observed.target,
        command=plan.command,
        load=load_words(plan.load),
        open_loop=plan.load.open_loop,
        payload=observed.payload,
        seed=plan.load.seed,
        workers=len(observed.notes),
        # One process without kernel stamps makes the whole run no better than it.
        clock="kernel" if clocks == {"kernel"} else "callback",
        started=datetime.fromtimestamp(observed.started, UTC).isoformat(timespec="milliseconds"),
        warmup_s=plan.load.warmup_s,
        window_s=evidence.window_s,
        partial=observed.interrupted,
        rhythm=rhythm_words(plan.load),
        concurrency=plan.load.concurrency,
    )


def _rate(evidence: Evidence) -> Rate:
    rows, length = evidence.rows, evidence.length_s
    sent = rows.records.sent[rows.sent]
    # Sends that trail behind the schedule stretch the time that they are counted over.
    last = (int(sent.max()) - evidence.observed.counted_from) / NS if len(sent) else 0.0
    span = max(length, last) if rows.open_loop else evidence.window_s
    asked = asked_rate(evidence.observed.plan.load, len(rows), length)
    return Rate(asked, _per(len(sent), span), _per(int(rows.good.sum()), evidence.window_s))


def _goodput(evidence: Evidence) -> Goodput:
    kept = evidence.kept[evidence.rows.settled]
    worth = effective_samples(kept) / max(len(kept), 1)
    low, high = wilson(float(kept.sum()) * worth, len(kept) * worth)
    share = float(kept.mean()) if len(kept) else 0.0
    return Goodput(_per(float(kept.sum()), evidence.window_s), share, Interval(low, high))


def _workload(evidence: Evidence) -> float:
    rows, workload = evidence.rows, evidence.observed.workload
    if not len(workload):
        return float(rows.good.sum())
    return float(workload[rows.records.payload[rows.good]].sum())


def _faults(evidence: Evidence) -> tuple[FaultCount, ...]:
    rows = evidence.rows
    found = []
    for number, count in zip(*np.unique(rows.fault[~rows.good], return_counts=True), strict=True):
        fault = Fault(int(number))
        told = next((note.examples[fault] for note in evidence.observed.notes if fault in note.examples), "")
        status = int(rows.records.status[rows.fault == fault].max())
        found.append(FaultCount(fault.title, int(count), told or (str(status) if status else "")))
    return tuple(sorted(found, key=lambda each: -each.count))


def _statuses(evidence: Evidence) -> dict[str, int]:
    status = evidence.rows.records.status
    found, counts = np.unique(status[status > 0], return_counts=True)
    return {str(each): int(count) for each, count in zip(found, counts, strict=True)}


def _streams(evidence: Evidence) -> Streams | None:
    streams = evidence.streams
    ttft, end_to_end = (distribution(evidence.latencies(metric)) for metric in (Metric.TTFT, Metric.E2E))
    from_send = distribution(streams.first - streams.sent)
    if ttft is None or from_send is None or end_to_end is None:
        return None
    tokens = int(streams.count.sum())
    return Streams(
        count=len(streams),
        ttft=ttft,
        ttft_service=from_send,
        itl=distribution(streams.gaps_by_arrival),
        tpot=distribution(streams.pace),
        end_to_end=end_to_end,
        tokens=tokens,
        tokens_per_second=_per(tokens, evidence.window_s),
        coalesced=evidence.observed.tokens.coalesced,
    )


def _output_tokens(evidence: Evidence) -> OutputTokens | None:
    tokens = evidence.output_tokens
    return None if tokens is None else OutputTokens(tokens, _per(tokens, evidence.window_s))


def _samples(evidence: Evidence) -> tuple[Samples, ...]:
    metrics = [Metric.RESPONSE if evidence.rows.open_loop else Metric.SERVICE]
    if len(evidence.streams):
        metrics += [Metric.TTFT, Metric.ITL]
    return tuple(pack(metric.value, evidence.latencies(metric)) for metric in metrics)
