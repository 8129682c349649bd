"""A run over several engines against the same run in one process, and what becomes of it when something breaks."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.waiting import wait_until
from truth.serve import serve

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.result import Verdict
from seatrial.loadgen.run import run
from seatrial.loadgen.spread.conduct import conduct

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from truth.serve import Truth

    from seatrial.loadgen.assemble import Assembled
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.record import Records
    from seatrial.loadgen.snapshot import Snapshot
    from seatrial.loadgen.spread.crew import Crew

    Assemble = Callable[..., Assembled]
    Gather = Callable[..., tuple[Crew, object]]


SLACK = 1_000_000
"""ns by which the kernel's receive stamps may be off: they are of the wall clock."""


def let_go_on(_: Snapshot) -> bool:
    return False


def conducted(crew: Crew, assembled: Assembled) -> Observed:
    return conduct(crew, assembled.recipe, assembled.job.plan, let_go_on)


def offsets(observed: Observed) -> np.ndarray:
    return observed.records.intended - observed.origin


def alive(engine: subprocess.Popen[bytes]) -> bool:
    """Whether an engine, or anything that it started, still runs: each leads a group of its own."""
    engine.poll()
    try:
        os.killpg(engine.pid, 0)
    except ProcessLookupError:
        return False
    return True


def all_good(records: Records) -> bool:
    return bool((records.fault == Fault.NONE).all() and (records.status == 200).all())


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    """A data set whose bodies are 1, 2, 3 … 40 bytes long, drawn by their weights."""
    file = tmp_path / "bodies.jsonl"
    lines = [{"body": "x" * length, "weight": 1 + length % 3} for length in range(1, 41)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_three_machines_send_what_one_process_sends(truth: Truth, assembled: Assemble, gathered: Gather, bodies: Path):
    words = ("-n", "151", "-rps", "250", "--arrivals", "poisson", "--dataset", str(bodies), "--seed", "7")
    job = assembled(*words, "--warmup", "0.2", "-e", truth.url)
    alone = run(job.job)
    arrived = len(truth.log().requests)
    crew, _ = gathered(3)
    together = conducted(crew, job)
    assert np.array_equal(offsets(together), offsets(alone))
    assert np.array_equal(together.records.payload, alone.records.payload)
    assert all_good(together.records)
    assert (together.counted_from - together.origin, together.schedule_end - together.origin) == (
        alone.counted_from - alone.origin, alone.schedule_end - alone.origin
    )  # fmt: skip
    received = truth.log().requests.received[arrived:]
    assert sorted(received) == sorted(together.records.payload + 1), "and this is what the server got"


def test_records_are_on_the_clock_of_the_machine_that_conducts(truth: Truth, assembled: Assemble, crew: Crew):
    job = assembled("-n", "60", "-rps", "120", "-e", truth.url)
    records = conducted(crew, job).records
    requests = truth.log().requests
    # One clock for all here, so the log of the server can be held against the joined records: nothing arrives unsent.
    assert (np.sort(requests.arrived[-60:]) >= np.sort(records.sent) - SLACK).all()
    assert (np.sort(records.last) >= np.sort(requests.last[-60:]) - SLACK).all()
    assert (records.done >= records.last - SLACK).all()


def test_a_trace_is_read_here_and_no_machine_needs_the_file(
    truth: Truth, assembled: Assemble, crew: Crew, bodies: Path, tmp_path: Path
):
    trace = tmp_path / "trace.csv"
    chosen = [3, 1, 39, 1, 20]
    trace.write_text("timestamp,payload\n" + "".join(f"{at / 20},{body}\n" for at, body in enumerate(chosen)))
    job = assembled("--trace", str(trace), "--dataset", str(bodies), "-e", truth.url)
    trace.unlink()
    bodies.unlink()
    with pytest.raises(UsageError, match="trace"):
        conducted(crew, job)  # the schedule is drawn here, by the one that conducts
    trace.write_text("timestamp,payload\n" + "".join(f"{at / 20},{body}\n" for at, body in enumerate(chosen)))
    observed = conducted(crew, job)
    assert (offsets(observed) // 1_000_000).tolist() == [0, 50, 100, 150, 200]
    assert observed.records.payload.tolist() == chosen
    assert all_good(observed.records)


def test_a_closed_loop_is_divided_and_joined_in_the_order_of_its_sends(
    truth: Truth, assembled: Assemble, crew: Crew, bodies: Path
):
    job = assembled("-n", "101", "-c", "5", "--dataset", str(bodies), "-e", truth.url)
    observed = conducted(crew, job)
    assert observed.records.rows == 101
    assert all_good(observed.records)
    assert (np.diff(observed.records.intended) >= 0).all()
    assert sorted(observed.records.payload) == sorted(job.recipe.payloads.assign(101, seed=0))
    requests = truth.log().requests.take(slice(-101, None))
    moments = [(at, 1) for at in requests.arrived] + [(at, -1) for at in requests.last]
    at_once = np.cumsum([step for _, step in sorted(moments)])
    assert at_once.max() <= 5


def test_every_process_of_every_machine_is_counted(truth: Truth, assembled: Assemble, crew: Crew):
    job = assembled("-n", "40", "-rps", "100", "--workers", "2", "-e", truth.url)
    observed = conducted(crew, job)
    assert measure(observed).facts.workers == 4
    assert all_good(observed.records)


def test_a_machine_without_a_request_of_its_own_does_no_harm(truth: Truth, assembled: Assemble, crew: Crew):
    job = assembled("-n", "1", "-rps", "10", "-e", truth.url)
    observed = conducted(crew, job)
    assert observed.records.rows == 1
    assert all_good(observed.records)


def test_the_tokens_of_streams_stay_with_their_requests(assembled: Assemble, crew: Crew, tmp_path: Path):
    body = tmp_path / "chat.json"
    body.write_text('{"stream": true}')
    with serve(tokens=4, ttft_ms=20, itl_ms=5) as truth:
        job = assembled("-n", "15", "-rps", "60", "--body", str(body), "-e", f"{truth.url}/stream")
        observed = conducted(crew, job)
    records, tokens = observed.records, observed.tokens
    assert all_good(records)
    assert sorted(tokens.row) == list(range(15))
    assert np.diff(tokens.offset).tolist() == [4] * 15
    first = tokens.stamp[tokens.offset[:-1]]
    assert (first - records.sent[tokens.row] >= 19_000_000).all()
    assert (tokens.stamp[tokens.offset[1:] - 1] <= records.done[tokens.row]).all()


def test_an_answer_is_checked_where_it_arrives(truth: Truth, assembled: Assemble, crew: Crew, tmp_path: Path):
    body, right = tmp_path / "body.json", tmp_path / "right.json"
    body.write_text("{}")
    right.write_text('{"a": 1}')
    job = assembled("-n", "9", "-rps", "50", "--body", str(body), "--expect-body", str(right), "-e", truth.url)
    right.unlink()
    observed = conducted(crew, job)
    assert (observed.records.fault == Fault.BAD_BODY).all()
    assert "right.json" in measure(observed).faults[0].example


def test_the_view_adds_up_what_the_machines_say(truth: Truth, assembled: Assemble, crew: Crew):
    job = assembled("-d", "1.5", "-rps", "100", "-e", truth.url)
    seen: list[Snapshot] = []
    conduct(crew, job.recipe, job.job.plan, lambda snapshot: seen.append(snapshot) or False)
    last = seen[-1]
    assert last.total_s == 1.5
    assert 50 < last.due <= 150
    assert last.answered + last.in_flight + last.behind == last.due
    assert last.p50 is not None
    assert last.p50 >= 2.0
    assert last.asked == pytest.approx(100, rel=0.2)


def test_one_crew_runs_one_errand_after_another(truth: Truth, assembled: Assemble, crew: Crew):
    for requests in (10, 20):
        observed = conducted(crew, assembled("-n", str(requests), "-rps", "100", "-e", truth.url))
        assert observed.records.rows == requests
        assert all_good(observed.records)


def test_a_run_that_is_ended_early_counts_until_the_first_machine_stopped(
    truth: Truth, assembled: Assemble, crew: Crew
):
    job = assembled("-d", "60", "-rps", "50", "-e", truth.url)
    observed = conduct(crew, job.recipe, job.job.plan, lambda snapshot: snapshot.answered >= 20)
    result = judge(measure(observed), observed)
    assert result.verdict is Verdict.INTERRUPTED
    assert 20 <= result.requests.due < 1000
    assert observed.ended < observed.schedule_end


def test_a_machine_that_breaks_makes_the_run_invalid_and_the_others_finish(
    truth: Truth, assembled: Assemble, gathered: Gather
):
    job = assembled("-d", "2", "-rps", "100", "-e", truth.url)
    crew, carrier = gathered(2)

    def kill(snapshot: Snapshot) -> bool:
        if snapshot.answered >= 40:
            carrier.engines[0].kill()
        return False

    observed = conduct(crew, job.recipe, job.job.plan, kill)
    result = judge(measure(observed), observed)
    assert result.verdict is Verdict.INVALID
    limits = [each.limit for each in result.complaints]
    assert limits.count("every engine process runs to its end") == 1
    assert "every due request is sent" not in limits, "its cause is told, and no other"
    assert "its engine process ended" in result.complaints[0].seen
    assert "see that every machine stays up" in result.complaints[0].cure
    halves = [set(observed.records.fault[machine::2]) for machine in range(2)]
    assert {Fault.NONE} in halves
    assert {Fault.INTERRUPTED, Fault.UNSENT} in halves
    wait_until(lambda: not alive(carrier.engines[0]), "the end of what the killed engine had started")


def test_engines_end_with_whoever_carries_their_messages(truth: Truth, assembled: Assemble, gathered: Gather):
    job = assembled("-d", "60", "-rps", "50", "-e", truth.url)
    crew, carrier = gathered(2)

    def cut(snapshot: Snapshot) -> bool:
        if snapshot.answered >= 10:
            carrier.hang_up()
        return False

    observed = conduct(crew, job.recipe, job.job.plan, cut)
    assert judge(measure(observed), observed).verdict is Verdict.INVALID
    assert [engine.wait(30) for engine in carrier.engines] == [0, 0]
    wait_until(lambda: not any(map(alive, carrier.engines)), "the end of what the engines had started")


def test_a_machine_that_cannot_begin_says_why(assembled: Assemble, gathered: Gather, truth: Truth):
    job = assembled("-n", "5", "-rps", "5", "-e", truth.url)
    crew, carrier = gathered(2)
    carrier.engines[1].send_signal(signal.SIGKILL)
    with pytest.raises(UsageError, match=r"the worker .*: its engine process ended"):
        conducted(crew, job)


def test_a_closed_loop_needs_one_request_at_a_time_for_each_process(assembled: Assemble, crew: Crew, truth: Truth):
    job = assembled("-n", "50", "-c", "3", "--workers", "2", "-e", truth.url)
    with pytest.raises(UsageError, match=r"-c 3 .* 2 machines with --workers 2"):
        conducted(crew, job)
