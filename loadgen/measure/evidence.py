"""What an objective looks at: the latencies of each metric, and which requests kept their limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.ragged import Ragged, ragged
from seatrial.loadgen.measure.rows import NS, Rows, rows_of, schedule_length
from seatrial.loadgen.observed import Observed
from seatrial.loadgen.slo import Metric, Slo, parse_slos

if TYPE_CHECKING:
    from seatrial.loadgen.measure.rows import Mask
    from seatrial.loadgen.record import Times

__all__ = ["Evidence", "within"]


def within(slo: Slo, latencies: Times) -> Mask:
    """Say of each latency, ns, whether it keeps the limit of an objective."""
    return latencies < slo.limit if slo.strict else latencies <= slo.limit


@dataclass(frozen=True)
class Evidence:
    """A run with everything that is read off it more than once; each part is made when it is first asked for."""

    observed: Observed

    @cached_property
    def rows(self) -> Rows:
        """The rows that count."""
        return rows_of(self.observed)

    @cached_property
    def streams(self) -> Ragged:
        """The streams among them that succeeded."""
        return ragged(self.rows, self.observed.tokens)

    @cached_property
    def output_tokens(self) -> int | None:
        """Output tokens of all answers that succeeded; None where none says how many it has."""
        whole = ragged(self.rows, self.observed.tokens, streamed=False)
        if not len(self.streams) and not len(whole):
            return None
        return int(self.streams.count.sum() + whole.count.sum())

    @cached_property
    def slos(self) -> tuple[Slo, ...]:
        """The objectives; `errors<1%` where there are none."""
        return parse_slos(self.observed.plan.slos, open_loop=self.rows.open_loop)

    @cached_property
    def length_s(self) -> float:
        """Seconds of schedule that count."""
        return schedule_length(self.observed, self.rows.records.intended)

    @cached_property
    def end(self) -> int:
        """When the schedule was over, ns, or was cut off."""
        observed = self.observed
        return min(observed.schedule_end, observed.ended) if observed.interrupted else observed.schedule_end

    @cached_property
    def window_s(self) -> float:
        """Seconds from the first intended time that counts to the last answer or the schedule's end."""
        last = int(self.rows.records.done.max()) if len(self.rows) else 0
        answered = (last - self.observed.counted_from) / NS
        return max(answered, self.length_s if self.rows.open_loop else 0.0)

    @cached_property
    def on_time(self) -> Mask:
        """Which rows were sent, or tried, before the schedule was over."""
        gap = self.length_s * NS / max(len(self.rows), 1)
        return self.rows.on_time(self.end, gap)

    def latencies(self, metric: Metric) -> Times:
        """Return the samples of a latency, ns, over what succeeded: requests as they were due, gaps as they arrived."""
        if metric is Metric.RESPONSE:
            return self.rows.response
        if metric is Metric.SERVICE:
            return self.rows.service
        streams = self.streams
        begin = streams.intended if self.rows.open_loop else streams.sent
        if metric is Metric.TTFT:
            return streams.first - begin
        if metric is Metric.E2E:
            return streams.last - begin
        return streams.gaps_by_arrival if metric is Metric.ITL else streams.pace

    @cached_property
    def kept(self) -> Mask:
        """Which rows succeeded and kept every latency objective.

        Of each metric the objective furthest out counts: with p50<20ms and p99<200ms a request of 100 ms is a good
        one, as half of all may be above the first. A mean bounds no single request. A stream keeps itl:p99<50ms where
        99 % of its own gaps do.
        """
        kept = self.rows.good.copy()
        for slo in _furthest(self.slos):
            kept &= self._kept(slo)
        return kept

    def _kept(self, slo: Slo) -> Mask:
        mask = np.zeros(len(self.rows), np.bool_)
        if not slo.streamed:
            mask[self.rows.good] = within(slo, self.latencies(slo.metric))
            return mask
        streams = self.streams
        if slo.metric is Metric.ITL:
            keeps = streams.keeps_gaps(within(slo, streams.gaps), slo.share or 1.0)
        elif slo.metric is Metric.TPOT:
            keeps = np.ones(len(streams), np.bool_)
            keeps[streams.tokens > 1] = within(slo, streams.pace)
        else:
            keeps = within(slo, self.latencies(slo.metric))
        mask[streams.row] = keeps
        return mask


def _furthest(slos: tuple[Slo, ...]) -> list[Slo]:
    """Return of each latency the objective with the highest percentile; max is beyond all."""
    chosen: dict[Metric, Slo] = {}
    for slo in slos:
        if not slo.metric.latency or slo.statistic == "mean":
            continue
        before = chosen.get(slo.metric)
        if before is None or (slo.share or 1.0) > (before.share or 1.0):
            chosen[slo.metric] = slo
    return list(chosen.values())
