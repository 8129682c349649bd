"""`--csv`: one row a request, exact to the nanosecond, whatever happened to it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Records
from seatrial.loadgen.render.csv_report import CHUNK, COLUMNS, write_csv
from seatrial.loadgen.render.digits import looked_up, numbers

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]

LATENCIES = (
    ("send_error_ms", "sent", "intended"), ("service_ms", "last", "sent"), ("response_ms", "last", "intended"),
)  # fmt: skip
TIMES = ("intended", "sent", "first", "last", "done")


def rows_of(run: Observed) -> list[dict[str, str]]:
    out = io.BytesIO()
    write_csv(run, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("ascii"), newline="")))


def told(row: dict[str, str]) -> dict[str, Any]:
    """A row back in the units of the records: None where nothing was told."""
    times = {name: Decimal(row[f"{name}_s"]) * 10**9 if row[f"{name}_s"] else None for name in TIMES}
    latencies = {name: Decimal(row[name]) * 10**6 if row[name] else None for name in COLUMNS[6:9]}
    return times | latencies


@pytest.mark.parametrize("name", ["missed", "closed", "nothing", "streamed", "few"])
def test_every_request_has_its_row_with_every_figure(runs: Runs, name: str):
    run = runs[name][1]
    records, rows = run.records, rows_of(run)
    assert len(rows) == records.rows
    chosen = {0, 7, 8, 1100, *(records.rows - back for back in (900, 499, 39, 1))}
    for n in sorted(each for each in chosen if 0 <= each < records.rows):
        row, was = rows[n], {name: int(getattr(records, name)[n]) for name in TIMES}
        expected = {name: value - run.origin if value else None for name, value in was.items()}
        for latency, end, begin in LATENCIES:
            expected[latency] = was[end] - was[begin] if was[end] and was[begin] else None
        assert told(row) == expected
        assert row["index"] == str(n)
        assert row["status"] == (str(records.status[n]) if records.status[n] else "")
        assert row["fault"] == (Fault(records.fault[n]).title if records.fault[n] else "")
        assert row["bytes"] == str(records.received[n])
        assert row["connection"] == str(records.connection[n])
        assert row["connect_ms"] == ("0.180" if n < 8 else "")


def test_warm_up_and_flags_are_named(runs: Runs):
    rows = rows_of(runs["streamed"][1])
    assert rows[0]["flags"] == "kernel|stream|warm-up"
    assert rows[999]["flags"] == "reused|kernel|stream|warm-up"
    assert rows[1000]["flags"] == "reused|kernel|stream"


def test_chunks_join_without_a_seam(runs: Runs):
    run = runs["few"][1]
    many = Records.join([run.records] * (2 * CHUNK // run.records.rows + 2))
    rows = rows_of(replace(run, records=many))
    assert [row["index"] for row in rows] == [str(n) for n in range(many.rows)]
    assert told(rows[CHUNK])["sent"] == int(many.sent[CHUNK]) - run.origin


def test_a_run_without_any_request_is_a_head_alone(runs: Runs):
    out = io.BytesIO()
    write_csv(replace(runs["few"][1], records=Records.allocate(0)), out)
    assert out.getvalue().decode() == ",".join(COLUMNS) + "\n"


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=20), st.integers(0, 12))
def test_numbers_are_printed_as_python_prints_them(values: list[int], decimals: int):
    cells = numbers(np.array(values, np.int64), decimals=decimals)
    for row, value in enumerate(values):
        text = bytes(cells.text[row][cells.shown[row]]).decode()
        assert text == f"{Decimal(value).scaleb(-decimals):.{decimals}f}"


@pytest.mark.parametrize("value", [0, 5, 9999, 10_000, 123_456_789])
def test_a_blank_row_prints_nothing(value: int):
    cells = numbers(np.array([value, value]), decimals=3, blank=np.array([True, False]))
    assert not cells.shown[0].any()
    assert cells.shown[1].any()


def test_words_are_looked_up_at_their_own_length():
    cells = looked_up(["", "timeout", "tls"], np.array([1, 0, 2], np.uint8))
    assert [bytes(t[s]) for t, s in zip(*cells, strict=True)] == [b"timeout", b"", b"tls"]
