"""`--prometheus`: read by the reference parser, and every figure that of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from seatrial.loadgen.render.prometheus import BUCKETS_S, prometheus_text
from seatrial.loadgen.render.scrub import scrub

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def parsed(result: Result, run: Observed) -> dict[str, Any]:
    text = prometheus_text(scrub(result), run).decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families), "a metric is told twice"
    return {family.name: family for family in families}


def value(family: Any, **labels: str) -> float:
    (found,) = [s for s in family.samples if all(s.labels.get(k) == v for k, v in labels.items())]
    return float(found.value)


def test_the_parser_reads_every_run(any_run: tuple[Result, Observed]):
    families = parsed(*any_run)
    for family in families.values():
        assert family.documentation
        assert family.type != "unknown"
        for sample in family.samples:
            assert {"target", "verdict"} <= set(sample.labels)
            assert sample.labels["verdict"] == any_run[0].verdict.value


def test_counters_and_gauges_are_those_of_the_result(runs: Runs):
    result, run = runs["met"]
    families = parsed(result, run)
    assert value(families["loadgen_requests_due"]) == 12_000
    assert value(families["loadgen_requests_succeeded"]) == 11_985
    assert value(families["loadgen_requests_failed"], fault="timeout") == 3
    assert value(families["loadgen_requests_failed"], fault="server error") == 10
    assert value(families["loadgen_answers"], status="503") == 10
    assert value(families["loadgen_rate_asked"]) == 200
    assert value(families["loadgen_rate_kept_ratio"]) == result.fitness.kept
    assert value(families["loadgen_cpu_ratio"], process="0") == pytest.approx(0.12)
    assert value(families["loadgen_verdict"], state="met") == 1
    assert value(families["loadgen_verdict"], state="missed") == 0
    assert value(families["loadgen_exit_code"]) == 0
    assert value(families["loadgen_objective_met"], objective="p99<200ms") == 1


@pytest.mark.parametrize(("name", "kind"), [("response", "intended"), ("service", "sent")])
def test_histograms_are_counted_from_the_rows(runs: Runs, name: str, kind: str):
    result, run = runs["missed"]
    records = run.records
    rows = (records.intended >= run.counted_from) & (records.fault == 0)
    seconds = (records.last - getattr(records, kind))[rows] / 1e9
    family = parsed(result, run)[f"loadgen_{name}_time_seconds"]
    assert family.type == "histogram"
    buckets = {float(s.labels["le"]): s.value for s in family.samples if s.name.endswith("_bucket")}
    assert buckets == {le: np.count_nonzero(seconds <= le) for le in (*BUCKETS_S, float("inf"))}
    (total,) = [s.value for s in family.samples if s.name.endswith("_sum")]
    assert total == pytest.approx(seconds.sum())


def test_a_closed_loop_has_no_response_time_and_no_asked_rate(runs: Runs):
    families = parsed(*runs["closed"])
    assert "loadgen_service_time_seconds" in families
    assert not {"loadgen_response_time_seconds", "loadgen_rate_asked", "loadgen_send_error_seconds"} & set(families)


def test_streams_have_their_summaries(runs: Runs):
    families = parsed(*runs["streamed"])
    itl = families["loadgen_inter_token_latency_seconds"]
    assert value(itl, quantile="0.999") == pytest.approx(0.01)
    assert value(families["loadgen_output_tokens"]) == 119_850


def test_a_hostile_text_stays_inside_its_label(runs: Runs):
    result, run = runs["hostile"]
    families = parsed(result, run)
    assert "pwned" not in families
    target = families["loadgen_rate_sent"].samples[0].labels["target"]
    assert 'pwned{a="b"} 1\n' in target
    assert r"\x1b[31mred" in target
