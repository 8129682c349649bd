"""`--prometheus`: the result in Prometheus' text exposition format, for a textfile collector or a push gateway.

Histograms are counted from every row, not rebuilt from percentiles. Times are seconds, as Prometheus wants them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.render.rows import rows_of
from seatrial.loadgen.render.words import printable
from seatrial.loadgen.result import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.render.rows import Floats
    from seatrial.loadgen.result import Distribution, Result

__all__ = ["BUCKETS_S", "prometheus_text"]

BUCKETS_S = (*(float(f"{step}e{power}") for power in range(-4, 2) for step in (1, 2.5, 5)), 100.0)
"""Upper bounds of the histograms: 100 µs to 100 s, three a decade."""

Labels = dict[str, str]


def prometheus_text(result: Result, run: Observed) -> bytes:
    """Return the exposition.

    Args:
        result: the finished run.
        run: its rows, from which the histograms are counted.
    """
    return "".join(f"{line}\n" for line in _lines(result, run)).encode()


def _lines(result: Result, run: Observed) -> Iterator[str]:
    labels = {"target": result.facts.target, "verdict": result.verdict.value}
    rows = rows_of(run)
    if result.response is not None:
        told = "From the intended time of a request to the last byte of its answer"
        yield from _histogram("loadgen_response_time_seconds", told, labels, rows.response)
    if result.service is not None:
        told = "From the send of a request to the last byte of its answer"
        yield from _histogram("loadgen_service_time_seconds", told, labels, rows.service)
    yield from _counters(result, labels)
    yield from _gauges(result, labels)
    yield from _streams(result, labels)
    yield from _tokens(result, labels)


def _histogram(name: str, told: str, labels: Labels, values_ms: Floats) -> Iterator[str]:
    yield from _head(name, told, "histogram")
    below = np.searchsorted(np.sort(values_ms), np.array(BUCKETS_S) * 1000, side="right")
    for bound, count in zip(BUCKETS_S, below, strict=True):
        yield _sample(f"{name}_bucket", {**labels, "le": f"{bound!r}"}, int(count))
    yield _sample(f"{name}_bucket", {**labels, "le": "+Inf"}, len(values_ms))
    yield _sample(f"{name}_sum", labels, float(values_ms.sum()) / 1000)
    yield _sample(f"{name}_count", labels, len(values_ms))


def _counters(result: Result, labels: Labels) -> Iterator[str]:
    requests = result.requests
    yield from _metric("loadgen_requests_due_total", "Requests that were due", "counter", [(labels, requests.due)])
    yield from _metric("loadgen_requests_sent_total", "Requests that were sent", "counter", [(labels, requests.sent)])
    succeeded = [(labels, requests.succeeded)]
    yield from _metric("loadgen_requests_succeeded_total", "Requests with a good answer", "counter", succeeded)
    counts: dict[str, int] = {}
    for fault in result.faults:
        counts[fault.name] = counts.get(fault.name, 0) + fault.count
    by_fault = [({**labels, "fault": name}, count) for name, count in counts.items()]
    yield from _metric("loadgen_requests_failed_total", "Requests that failed, by kind", "counter", by_fault)
    by_status = [({**labels, "status": status}, count) for status, count in result.statuses.items()]
    yield from _metric("loadgen_answers_total", "Answers by HTTP status", "counter", by_status)


def _gauges(result: Result, labels: Labels) -> Iterator[str]:
    rate, fitness = result.rate, result.fitness
    yield from _gauge("loadgen_rate_asked", "Requests asked for a second", labels, rate.asked)
    yield from _gauge("loadgen_rate_sent", "Requests sent a second", labels, rate.sent)
    yield from _gauge("loadgen_rate_answered", "Good answers a second", labels, rate.answered)
    yield from _gauge("loadgen_rate_kept_ratio", "Rate of sends over the asked rate", labels, fitness.kept)
    yield from _gauge("loadgen_goodput_rate", "Answers within the objectives a second", labels, result.goodput.rate)
    yield from _gauge("loadgen_goodput_ratio", "Share of answers within the objectives", labels, result.goodput.share)
    yield from _gauge("loadgen_window_seconds", "Length of what was measured", labels, result.facts.window_s)
    yield from _quantiles("loadgen_send_error_seconds", "Sent minus intended", labels, fitness.send_error)
    yield from _quantiles("loadgen_loop_lag_seconds", "Lateness of the event loop", labels, fitness.loop_lag)
    cpu = [({**labels, "process": str(number)}, share) for number, share in enumerate(fitness.cpu)]
    yield from _metric("loadgen_cpu_ratio", "CPU of each process in its worst second", "gauge", cpu)
    yield from _gauge("loadgen_connections_opened", "Connections opened", labels, fitness.connections)
    yield from _gauge(
        "loadgen_connection_waits", "Requests that waited for a connection", labels, fitness.connection_waits
    )
    yield from _gauge("loadgen_gc_pauses", "Garbage collections during the run", labels, fitness.gc_pauses)
    objectives = [({**labels, "objective": each.text}, int(each.met)) for each in result.objectives]
    yield from _metric(
        "loadgen_objective_met", "1 where the objective is met", "gauge", dict(_unique(objectives)).values()
    )
    states = [({**labels, "state": word.value}, int(word is result.verdict)) for word in Verdict]
    yield from _metric("loadgen_verdict", "1 for the verdict of the run", "gauge", states)
    yield from _gauge("loadgen_exit_code", "Exit code of the run", labels, result.verdict.exit_code)


def _streams(result: Result, labels: Labels) -> Iterator[str]:
    streams = result.streams
    if streams is None:
        return
    yield from _quantiles("loadgen_time_to_first_token_seconds", "Time to first token", labels, streams.ttft)
    yield from _quantiles("loadgen_inter_token_latency_seconds", "Gaps between token events", labels, streams.itl)
    yield from _quantiles("loadgen_time_per_output_token_seconds", "Mean gap of each stream", labels, streams.tpot)


def _tokens(result: Result, labels: Labels) -> Iterator[str]:
    tokens = result.output_tokens
    if tokens is not None:
        yield from _metric("loadgen_output_tokens_total", "Output tokens", "counter", [(labels, tokens.count)])
        yield from _gauge("loadgen_output_tokens_rate", "Output tokens a second", labels, tokens.per_second)


def _unique(samples: list[tuple[Labels, int]]) -> Iterator[tuple[tuple[str, ...], tuple[Labels, int]]]:
    """The same labels twice would make the exposition unreadable: the last one stays."""
    for labels, value in samples:
        yield tuple(labels.values()), (labels, value)


def _gauge(name: str, told: str, labels: Labels, value: float | None) -> Iterator[str]:
    return _metric(name, told, "gauge", [] if value is None else [(labels, value)])


def _quantiles(name: str, told: str, labels: Labels, distribution: Distribution | None) -> Iterator[str]:
    """A summary: percentiles that were computed from all samples, not by the scraper."""
    if distribution is None:
        return
    yield from _head(name, told, "summary")
    for point, found in distribution.points.items():
        quantile = float(point.removeprefix("p")) / 100
        yield _sample(name, {**labels, "quantile": f"{quantile:g}"}, found.value / 1000)
    yield _sample(f"{name}_sum", labels, distribution.mean * distribution.count / 1000)
    yield _sample(f"{name}_count", labels, distribution.count)


def _metric(name: str, told: str, kind: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    lines = [_sample(name, labels, value) for labels, value in samples]
    if lines:
        yield from _head(name, told, kind)
        yield from lines


def _head(name: str, told: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {told}."
    yield f"# TYPE {name} {kind}"


def _sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value!r}"


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
