"""What a chart draws is what was measured: no value is invented, none is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seatrial.loadgen.render.bins import bands_of, pace_of, stretches
from seatrial.loadgen.render.canvas import ACROSS, HEAD, Canvas
from seatrial.loadgen.render.capacity_html import Probe, capacity_chart, capacity_html
from seatrial.loadgen.render.charts import load_charts
from seatrial.loadgen.render.rows import rows_of
from seatrial.loadgen.render.scale import Linear, Log, Nines, latency_scale, time_scale, value_scale
from seatrial.loadgen.result import Second

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def second(at: int, due: int, p99: float | None = 5.0) -> Second:
    return Second(at, due, due, due, 0, at, p99, p99, None)


def test_bands_hold_the_values_of_their_own_stretch_only():
    at = np.arange(1000) / 10
    values = np.where((at >= 50) & (at < 51), 900.0, 5.0)
    bands = bands_of(at, values, 100.0)
    assert len(bands.count) == 100
    assert bands.count.sum() == 1000
    assert [n for n in range(100) if bands.p50[n] > 5] == [50]
    assert bands.high.max() == 900


def test_a_percentile_of_a_stretch_is_one_of_its_values():
    random = np.random.default_rng(1)
    at, values = random.uniform(0, 60, 5000), random.gamma(2, 3, 5000)
    bands = bands_of(at, values, 60.0)
    for n in range(len(bands.count)):
        inside = np.sort(values[(at >= bands.begin[n]) & (at < bands.end[n])])
        assert bands.p50[n] == inside[int(np.ceil(len(inside) * 0.5)) - 1]
        assert bands.p99[n] == inside[int(np.ceil(len(inside) * 0.99)) - 1]
        assert bands.high[n] == inside[-1]


def test_a_stretch_without_a_request_is_a_gap():
    bands = bands_of(np.concatenate([np.linspace(0, 10, 500), np.linspace(50, 60, 500)]), np.full(1000, 5.0), 60.0)
    empty = (bands.begin >= 10.1) & (bands.end <= 50)
    assert np.isnan(bands.p50[empty]).all()
    assert not np.isnan(bands.p50[bands.end <= 10]).any()


@pytest.mark.parametrize(("samples", "parts"), [(0, 1), (9, 1), (300, 30), (10**6, 120)])
def test_few_samples_are_divided_into_few_stretches(samples: int, parts: int):
    assert stretches(samples) == parts


def test_the_rates_of_a_run_add_up_to_its_requests():
    pace = pace_of([second(at, 200) for at in range(1000)], 1000.0)
    assert len(pace.due) <= 120
    assert (pace.due * np.diff(pace.edges)).sum() == pytest.approx(200_000)
    assert pace.due == pytest.approx(200)


def test_a_slow_rate_is_no_comb():
    pace = pace_of([second(at, int(at % 2 == 0)) for at in range(2000)], 2000.0)
    assert pace.due == pytest.approx(0.5)


def test_a_rest_at_the_end_has_no_rate_of_its_own():
    pace = pace_of([*(second(at, 200) for at in range(60)), second(60, 0, None)], 60.02)
    assert pace.edges[-1] == 60.02
    assert pace.due[-1] == pytest.approx(200, rel=0.03)


def test_values_within_an_order_of_magnitude_are_drawn_from_zero():
    scale = latency_scale([4.0, 6.0])
    assert isinstance(scale, Linear)
    assert scale.place([0.0, 6.0]).tolist() == [0.0, 1.0]
    assert [text for _, text in scale.ticks] == ["0", "2 ms", "4 ms", "6 ms"]


def test_values_far_apart_are_drawn_by_their_ratio():
    scale = latency_scale([5.0, 50.0, 500.0])
    assert isinstance(scale, Log)
    low, middle, high = scale.place([5.0, 50.0, 500.0])
    assert middle - low == pytest.approx(high - middle)
    assert low > 0
    assert {"10 ms", "100 ms", "500 ms"} <= {text for _, text in scale.ticks}


@pytest.mark.parametrize("values", [[], [np.nan], [0.0]])
def test_without_a_value_there_is_still_an_axis(values: list[float]):
    assert latency_scale(values).place([0.0]).tolist() == [0.0]


def test_each_nine_takes_as_much_room_as_the_one_before():
    scale = Nines.of(10_000)
    places = scale.place([0.9, 0.99, 0.999, 0.9999, 1.0])
    assert np.diff(places[:4]) == pytest.approx(0.25)
    assert places[-1] == 1.0
    assert scale.share(0.5) == pytest.approx(0.99)
    assert [text for _, text in scale.ticks] == ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]
    assert [text for _, text in Nines.of(100_000).ticks][-1] == "99.99 %"


@pytest.mark.parametrize(
    ("seconds", "last"), [(0.5, "0.5 s"), (10, "10 s"), (60, "60 s"), (2000, "30 min"), (86_400, "24 h")]
)
def test_times_are_marked_at_round_places(seconds: float, last: str):
    ticks = time_scale(seconds).ticks
    assert ticks[0] == (0.0, "0 s")
    assert ticks[-1][1] == last
    assert len(ticks) <= 7


def path_of(svg: str, kind: str) -> str:
    found = re.search(rf'<path class="{kind}" d="([^"]*)"', svg)
    assert found
    return found[1]


def canvas() -> Canvas:
    return Canvas(time_scale(10), value_scale(10, str), "a chart", height=100)


def test_a_line_goes_through_its_points_and_stops_where_there_is_none():
    drawn = canvas()
    drawn.line("p50", [0, 5, 6, 8, 10], [0, 10, np.nan, 5, 10])
    assert path_of(drawn.svg(), "p50") == f"M0.0 {HEAD + 100}.0L500.0 {HEAD}.0M800.0 {HEAD + 50}.0L1000.0 {HEAD}.0"


def test_a_point_alone_is_drawn_as_a_dot():
    drawn = canvas()
    drawn.line("p50", [0, 5, 10], [np.nan, 10, np.nan])
    assert path_of(drawn.svg(), "p50") == f"M500.0 {HEAD}.0h0"


def test_dots_on_one_another_are_drawn_once():
    drawn = canvas()
    drawn.dots("each", np.full(1000, 5.0), np.full(1000, 10.0))
    assert path_of(drawn.svg(), "each dots") == f"M{ACROSS // 2} {HEAD}h0"


def test_a_label_is_escaped():
    drawn = Canvas(time_scale(10), value_scale(10, str), '"><script>', height=100)
    drawn.read(0, 1, "<b>")
    assert "<script>" not in drawn.svg()
    assert "<b>" not in drawn.svg()


def test_every_request_of_a_small_run_has_its_dot_and_every_failure_its_mark(runs: Runs):
    few, run = runs["few"]
    charts = {chart.id: chart for chart in load_charts(few, rows_of(run), run)}
    assert path_of(charts["latency"].svg, "each few dots").count("h0") == few.requests.succeeded
    missed, stalled = runs["missed"]
    charts = {chart.id: chart for chart in load_charts(missed, rows_of(stalled), stalled)}
    assert path_of(charts["latency"].svg, "failed rug").count("v9") >= 3
    assert "slowest 2.01 s, 30 seconds into the run" in charts["latency"].svg


def test_a_quantity_that_never_varies_is_a_level_line(runs: Runs):
    result, run = runs["streamed"]
    assert result.streams is not None
    assert result.streams.itl is not None
    assert result.streams.itl.cdf == ((10.0, 1.0),)
    charts = {chart.id: chart for chart in load_charts(result, rows_of(run), run)}
    begin, end = re.findall(r"[ML]([\d.]+) ([\d.]+)", path_of(charts["streams"].svg, "service"))
    assert (begin[0], end[0]) == ("0.0", "1000.0")
    assert begin[1] == end[1]


def test_a_large_run_is_drawn_as_bands(runs: Runs):
    result, run = runs["met"]
    large = replace(run, records=run.records.join([run.records] * 3))
    charts = {chart.id: chart for chart in load_charts(result, rows_of(large), large)}
    assert [key.text for key in charts["latency"].keys][:3] == ["slowest", "p99", "p50"]
    assert len(charts["latency"].svg) < 60_000


def test_without_rows_the_seconds_of_the_result_are_drawn(any_run: tuple[Result, Observed]):
    result = any_run[0]
    charts = {chart.id: chart for chart in load_charts(result, None, None)}
    assert "tokens" not in charts
    assert ("latency" in charts) is (result.service is not None)
    assert {"rate", "in-flight"} <= set(charts)


def test_every_run_has_the_charts_that_belong_to_it(runs: Runs):
    drawn = {name: {chart.id for chart in load_charts(r, rows_of(o), o)} for name, (r, o) in runs.items()}
    assert drawn["met"] == {"latency", "distribution", "rate", "in-flight", "send-error"}
    assert drawn["closed"] == drawn["met"] - {"send-error"}
    assert drawn["streamed"] == drawn["met"] | {"streams", "tokens"}
    assert drawn["nothing"] == {"rate", "in-flight"}


PROBES = [
    Probe(100, 5, 6, kept=True),
    Probe(400, 90, 900, kept=False),
    Probe(200, 6, 9, kept=True),
    Probe(300, None, None, kept=False),
]


def test_the_knee_is_marked_where_the_capacity_is():
    chart = capacity_chart(PROBES, 200)
    assert chart is not None
    assert re.search(r'<line class="knee" x1="50\.00%"', chart.svg)
    assert "capacity 200/s" in chart.svg
    assert chart.svg.count('class="kept"') == 4
    assert chart.svg.count('class="broken"') == 2


def test_without_a_capacity_nothing_is_marked():
    chart = capacity_chart([Probe(1, 900, 900, kept=False)], None)
    assert chart is not None
    assert "knee" not in chart.svg
    assert capacity_chart([], None) is None


def test_the_page_of_a_capacity_names_it_and_every_rate():
    page = capacity_html(
        PROBES, target="http://127.0.0.1/<i>", slos=["p99<200ms", "errors<1%"], capacity=200, interval=(200, 300),
        command="loadgen --find-capacity", remarks=["in flight kept rising"],
    ).decode()  # fmt: skip
    for part in ("<h1>200/s</h1>", "p99&lt;200ms and errors&lt;1%", "300/s", "in flight kept rising", "NOT KEPT"):
        assert part in page
    assert "<i>" not in page
    none = capacity_html(PROBES[1:2], target="t", slos=["p99<1ms"], capacity=None).decode()
    assert "<h1>No capacity</h1>" in none
