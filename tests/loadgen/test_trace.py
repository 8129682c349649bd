"""Traces: CSV and JSON lines, and what is wrong with them in one sentence."""

from pathlib import Path

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Arrivals, Load
from seatrial.loadgen.schedule import NS, make_schedule
from seatrial.loadgen.trace import read_trace


def written(folder: Path, text: str) -> Path:
    file = folder / "trace"
    file.write_text(text)
    return file


def test_a_csv_begins_with_its_first_time(tmp_path: Path):
    times, payloads = read_trace(written(tmp_path, "timestamp,payload\n100.5,2\n101.0,0\n103,1\n"))
    assert times.tolist() == [0, NS // 2, 5 * NS // 2]
    assert payloads is not None
    assert payloads.tolist() == [2, 0, 1]


def test_json_lines_need_no_payload(tmp_path: Path):
    times, payloads = read_trace(written(tmp_path, '{"timestamp": 1}\n\n{"timestamp": 1.25, "other": true}\n'))
    assert times.tolist() == [0, NS // 4]
    assert payloads is None


def test_a_trace_is_cut_to_what_was_asked_for(tmp_path: Path):
    file = written(tmp_path, "timestamp\n" + "\n".join(str(second) for second in range(10)))
    assert len(make_schedule(Load(trace=file, requests=4, arrivals=Arrivals.TRACE)).times) == 4
    assert len(make_schedule(Load(trace=file, duration_s=2.5, arrivals=Arrivals.TRACE)).times) == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("timestamp\n2\n1\n", "line 3: time 1 comes after 2; sort the file"),
        ("timestamp\nsoon\n", "line 2: `timestamp` is 'soon', not a number"),
        ("timestamp\nnan\n", "line 2: `timestamp` is 'nan', not a finite number"),
        ("time\n1\n", "needs a column `timestamp`; its first line holds time"),
        ("", "needs a column `timestamp`; its first line holds nothing"),
        ("timestamp\n", "holds no request"),
        ('{"timestamp": 1}\n[1]\n', "line 2 is no JSON object"),
        ('{"timestamp": 1}\n{"timestamp": \n', "line 2 is no JSON"),
        ('{"when": 1}\n', "line 1: `timestamp` is None"),
        ("timestamp,payload\n1,0\n2,\n", "names a payload in 1 of 2 lines"),
        ("timestamp,payload\n1,-1\n", "names payload -1"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(UsageError) as told:
        read_trace(written(tmp_path, text))
    assert sentence in str(told.value)


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_trace(tmp_path / "nowhere")
    (tmp_path / "bytes").write_bytes(b"timestamp\n\xff\xfe\n")
    with pytest.raises(UsageError, match="is no text"):
        read_trace(tmp_path / "bytes")
