"""A snapshot says how the run stands, from the rows as they are at that moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Flag, Records
from seatrial.loadgen.snapshot import Snapshot, Watch, snapshot

NS, MS = 1_000_000_000, 1_000_000
ORIGIN = 7_000 * NS


class Load:
    """Rows that are filled as the clock goes: a request every `gap`, answered after `took`."""

    def __init__(
        self, rows: int, gap_ms: float, took_ms: float, late_ms: float = 0.1, *, open_loop: bool = True
    ) -> None:
        self.records = Records.allocate(rows)
        self.due = ORIGIN + (np.arange(rows) * gap_ms * MS).astype(np.int64)
        self.sent = self.due + round(late_ms * MS)
        self.last = self.sent + round(took_ms * MS)
        self.fault = np.zeros(rows, np.uint8)
        self.open_loop = open_loop
        if open_loop:
            self.records.intended[:] = self.due

    def until(self, seconds: float) -> int:
        """Fill in what has happened by then, and return that time."""
        now = ORIGIN + round(seconds * NS)
        sent, done = (self.sent <= now) & (self.sent > 0), (self.last <= now) & (self.last > 0)
        self.records.sent[sent] = self.sent[sent]
        if not self.open_loop:
            self.records.intended[sent] = self.sent[sent]
        self.records.fault[done] = self.fault[done]
        self.records.last[done] = np.where(self.fault[done] > 0, 0, self.last[done])
        self.records.done[done] = self.last[done]
        return now


def test_counts_are_of_what_has_happened_by_now():
    load = Load(1000, gap_ms=10, took_ms=35)
    seen = snapshot(load.records, ORIGIN, load.until(2.005), total_s=10)
    assert (seen.due, seen.sent, seen.answered, seen.failed, seen.in_flight) == (201, 201, 197, 0, 4)
    assert seen.progress == pytest.approx(0.2005)
    assert seen.left_s == pytest.approx(7.995)


def test_latency_of_an_open_loop_counts_from_the_intended_time():
    load = Load(1000, gap_ms=10, took_ms=5, late_ms=20)
    seen = snapshot(load.records, ORIGIN, load.until(3))
    assert seen.p50 == pytest.approx(25)
    assert seen.send_error == pytest.approx(20)


def test_latency_of_a_closed_loop_counts_from_the_send():
    load = Load(1000, gap_ms=10, took_ms=5, late_ms=20, open_loop=False)
    seen = snapshot(load.records, ORIGIN, load.until(3), open_loop=False)
    assert seen.p50 == pytest.approx(5)
    assert seen.send_error is None
    assert seen.asked is None
    assert seen.kept == pytest.approx(100, rel=0.02)


def test_only_the_last_second_speaks_of_latency():
    load = Load(1000, gap_ms=10, took_ms=5)
    load.last[:300] += 90 * MS
    assert snapshot(load.records, ORIGIN, load.until(2.5)).p50 == pytest.approx(95.1)
    assert snapshot(load.records, ORIGIN, load.until(5)).p50 == pytest.approx(5.1)


@pytest.mark.parametrize("rate", [0.5, 3, 40, 500])
def test_asked_and_kept_are_steady_at_any_rate(rate: float):
    load = Load(round(rate * 40) + 2, gap_ms=1000 / rate, took_ms=5)
    watch = Watch(load.records, ORIGIN)
    for quarter in range(40, 120):
        seen = watch.snapshot(load.until(quarter / 4))
        assert seen.asked == pytest.approx(rate, rel=0.021)
        assert seen.kept == pytest.approx(rate, rel=0.021)


def test_a_client_that_stops_sending_keeps_nothing_and_falls_behind():
    load = Load(1000, gap_ms=10, took_ms=5)
    load.sent[300:] += 60 * NS
    load.last[300:] += 60 * NS
    seen = snapshot(load.records, ORIGIN, load.until(5))
    assert seen.kept == 0
    assert seen.asked == pytest.approx(100, rel=0.02)
    assert seen.behind == 201
    assert seen.behind_ms == pytest.approx(2000)


def test_failures_are_told_by_their_names_most_frequent_first():
    load = Load(400, gap_ms=10, took_ms=5)
    load.fault[10:13], load.fault[20] = Fault.TIMEOUT, Fault.SERVER_ERROR
    seen = snapshot(load.records, ORIGIN, load.until(3))
    assert seen.faults == (("timeout", 3), ("server error", 1))
    assert (seen.failed, seen.answered, seen.in_flight) == (4, 296, 0)


def test_requests_that_wait_for_a_connection_are_counted():
    load = Load(400, gap_ms=10, took_ms=5)
    load.records.flags[250:260] = int(Flag.WAITED)
    assert snapshot(load.records, ORIGIN, load.until(3)).waited == 10


def test_looking_often_and_looking_once_see_the_same():
    load = Load(3000, gap_ms=2, took_ms=8)
    load.last[500:600] += 3 * NS
    load.last[1000] += 60 * NS
    load.fault[700:720] = Fault.RESET
    watch = Watch(load.records, ORIGIN, total_s=6)
    for quarter in range(1, 21):
        often = watch.snapshot(load.until(quarter / 4))
        once = snapshot(load.records, ORIGIN, ORIGIN + quarter * NS // 4, total_s=6)
        assert often == once


def test_a_watch_lets_go_of_settled_rows_and_keeps_one_that_hangs():
    load = Load(3000, gap_ms=2, took_ms=8)
    load.last[100] = 0
    watch = Watch(load.records, ORIGIN)
    for quarter in range(1, 21):
        seen = watch.snapshot(load.until(quarter / 4))
    assert 500 < watch.looked_at < 700
    assert (seen.in_flight, seen.answered) == (5, 2495)


def test_each_finished_second_is_remembered_once():
    load = Load(600, gap_ms=10, took_ms=5)
    load.last[200:300] += 40 * MS
    watch = Watch(load.records, ORIGIN)
    for moment in (0.3, 0.9, 1.1, 1.4, 4.2, 4.3):
        seen = watch.snapshot(load.until(moment))
    assert [beat.at for beat in seen.history] == [0, 1, 2, 3]
    assert [beat.due for beat in seen.history] == [100, 100, 100, 100]
    assert seen.history[2].p50 == pytest.approx(45.1)
    assert seen.history[3].p99 == pytest.approx(45.1, rel=0.01)


def test_rows_of_a_closed_loop_are_found_in_the_block_of_each_worker():
    one, two = Load(500, gap_ms=10, took_ms=5, open_loop=False), Load(500, gap_ms=20, took_ms=5, open_loop=False)
    records = Records.allocate(1000)
    watch = Watch(records, ORIGIN, open_loop=False, slices=(slice(0, 500), slice(500, 1000)), total_requests=1000)
    for moment in (1.0, 2.0, 3.0):
        for place, load in ((0, one), (500, two)):
            now = load.until(moment)
            for name in ("intended", "sent", "last", "done"):
                getattr(records, name)[place : place + 500] = getattr(load.records, name)
        seen = watch.snapshot(now)
    assert seen.due == 300 + 150
    assert seen.progress == pytest.approx(0.45)
    assert seen.left_s == pytest.approx(3 * 0.55 / 0.45)


def test_before_the_first_request_there_is_nothing_to_tell():
    load = Load(10, gap_ms=10, took_ms=5)
    seen = snapshot(load.records, ORIGIN, ORIGIN - 20 * MS, total_s=1)
    assert (seen.elapsed_s, seen.due, seen.p50, seen.send_error, seen.history) == (0, 0, None, None, ())


def test_the_warm_up_is_told():
    load = Load(1000, gap_ms=10, took_ms=5)
    assert snapshot(load.records, ORIGIN, load.until(1), warmup_s=2).warming
    assert not snapshot(load.records, ORIGIN, load.until(3), warmup_s=2).warming


def test_without_an_end_there_is_no_progress(shown: Snapshot):
    endless = replace(shown, total_s=None, total_requests=None)
    assert endless.progress is None
    assert endless.left_s is None
