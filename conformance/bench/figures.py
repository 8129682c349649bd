"""From the load generator's JSON to the figures of one run; an INVALID run has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.bench.load import Load, read
from seatrial.conformance.bench.result import Figures, Outcome, Step

if TYPE_CHECKING:
    from seatrial.conformance.bench.generator import Ended
    from seatrial.conformance.bench.load import Distribution
    from seatrial.conformance.bench.result import Usage

__all__ = ["step_of"]


def step_of(ended: Ended, usage: Usage | None, *, concurrency: int | None = None, rate: float | None = None) -> Step:
    """Read a run.

    Args:
        ended: the load generator's.
        usage: of the subject meanwhile.
        concurrency: requests at a time, of a closed loop.
        rate: requests a second, of an open one.

    Raises:
        EngineError: what it wrote does not have its published form.
    """
    if not ended.document:
        outcome = Outcome.INTERRUPTED if ended.interrupted else Outcome.UNREACHED
        return Step(concurrency, rate, outcome, ended.said, usage=usage)
    load = read(ended.document, Load)
    if Outcome(load.verdict) is Outcome.INVALID:
        why = "; ".join(f"{each.seen}: {each.cure}" for each in load.complaints)
        return Step(concurrency, rate, Outcome.INVALID, why, warnings=load.warnings)
    return Step(
        concurrency, rate, Outcome(load.verdict), _missed(load), _figures(load), usage, load.gpus, load.warnings,
        load=msgspec.json.decode(ended.document),
    )  # fmt: skip


def _missed(load: Load) -> str:
    missed = [f"{each.text}: {each.seen}" for each in load.objectives if not each.met]
    # Where requests failed, the most frequent way says more than their share.
    worst = max(load.faults, key=lambda fault: fault.count, default=None)
    told = [f"{worst.count} times {worst.name}{f' ({worst.example})' if worst.example else ''}"] if worst else []
    return "; ".join([*missed, *told])


def _figures(load: Load) -> Figures | None:
    if not load.requests.due:
        return None
    streams, cost = load.streams, load.cost
    tokens = streams.tokens_per_second if streams else None
    return Figures(
        requests_per_second=load.rate.answered,
        errors=load.requests.failed / load.requests.due,
        p50_ms=_point(load.latency, "p50"),
        p99_ms=_point(load.latency, "p99"),
        goodput_per_second=load.goodput.rate,
        goodput=load.goodput.share,
        tokens_per_second=load.output_tokens.per_second if load.output_tokens else tokens,
        ttft_p50_ms=_point(streams.ttft if streams else None, "p50"),
        ttft_p99_ms=_point(streams.ttft if streams else None, "p99"),
        itl_p50_ms=_point(streams.itl if streams else None, "p50"),
        itl_p99_ms=_point(streams.itl if streams else None, "p99"),
        per_million_requests=cost.per_million_requests if cost else None,
        per_million_tokens=cost.per_million_tokens if cost else None,
    )


def _point(of: Distribution | None, name: str) -> float | None:
    return of.points[name].value if of and name in of.points else None
