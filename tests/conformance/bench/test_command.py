"""`seatrial bench`, as a user types it."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from support.benches import ECHO, LLM, QUICK, bench, document
from support.waiting import wait_until

from seatrial.loadgen.cost import price_of
from seatrial.reports.performance.describe import LOAD_SCHEMA, PATH

if TYPE_CHECKING:
    from support.berth import Berth, Ended

HERE = Path(__file__).resolve().parent
SERVER = f"{sys.executable} {HERE / 'servers.py'} {{port}}"
LOAD = HERE.parents[2] / "loadgen" / "schema" / "load.schema.json"
SECONDS = "60"


def test_the_result_has_its_published_form(measured: tuple[Ended, Path], spoken: Path) -> None:
    load = Resource.from_contents(msgspec.json.decode(LOAD.read_bytes()))
    registry: Registry[Any] = Registry().with_resource(LOAD_SCHEMA, load)
    validator = Draft202012Validator(msgspec.json.decode(PATH.read_bytes()), registry=registry)
    for path in (measured[1], spoken):
        validator.validate(msgspec.json.decode(path.read_bytes()))


def test_figures_are_the_load_generators_own(measured: tuple[Ended, Path]) -> None:
    ended, path = measured
    result = msgspec.json.decode(path.read_bytes())
    assert (ended.code, result["exit_code"], result["partial"]) == (0, 0, False)
    assert [step["concurrency"] for step in result["steps"]] == [1, 2]
    for step in result["steps"]:
        figures, load = step["figures"], step["load"]
        assert load["facts"]["concurrency"] == step["concurrency"]
        assert figures["requests_per_second"] == load["rate"]["answered"] > 0
        assert figures["p99_ms"] == load["service"]["points"]["p99"]["value"] > 0
        assert (figures["tokens_per_second"], figures["per_million_requests"]) == (None, None)


def test_what_the_subject_used_is_seen(measured: tuple[Ended, Path]) -> None:
    usage = msgspec.json.decode(measured[1].read_bytes())["steps"][0]["usage"]
    assert 10 * 2**20 < usage["memory_peak_bytes"] < 2**30
    assert 0 < usage["cpus_mean"] < psutil.cpu_count()
    assert usage["memory_peak_bytes"] == max(sample["memory_bytes"] for sample in usage["samples"])


def test_the_result_alone_is_printed_to_standard_output(measured: tuple[Ended, Path]) -> None:
    ended, path = measured
    lines = ended.out.splitlines()
    assert lines[0].startswith("subject   process ")
    assert lines[-1].startswith("Measured.")
    assert "ready after" in ended.err
    assert "wrote out.json" in ended.err
    assert {each.name for each in (path.parent / "report").iterdir()} == {
        "performance.json", "performance.html", "performance.md",
    }  # fmt: skip


def test_a_language_model_is_measured_by_streams(spoken: Path) -> None:
    result = msgspec.json.decode(spoken.read_bytes())
    (step,) = result["steps"]
    figures = step["figures"]
    assert result["payload"]["streams"] is True
    assert 0 < figures["ttft_p50_ms"] <= figures["ttft_p99_ms"] < figures["p99_ms"] * 1.001
    assert 0 < figures["itl_p50_ms"] <= figures["itl_p99_ms"]
    assert figures["tokens_per_second"] > figures["requests_per_second"]
    hour = price_of("ml.g5.2xlarge").per_hour
    assert figures["per_million_tokens"] == pytest.approx(hour / 3600 * 1e6 / figures["tokens_per_second"])


def test_the_users_sample_is_what_is_sent(berth: Berth) -> None:
    berth.write("mine.json", '{"instances": [[1.5, 2.5]]}')
    ended = bench(berth, "--process", ECHO, "--sample", "mine.json", *QUICK, "--json", "out.json")
    assert ended.code == 0, ended.err
    result = document(berth)
    assert result["payload"]["words"] == "mine.json (27 bytes of application/json)"
    assert "mine.json, 27 bytes of application/json" in result["steps"][0]["load"]["facts"]["payload"]


def test_a_sample_that_is_refused_is_told(berth: Berth) -> None:
    berth.write("bad.json", '{"nothing": "known"}')
    ended = bench(berth, "--process", LLM, "--sample", "bad.json", *QUICK)
    assert (ended.code, ended.out) == (4, "")
    assert "sample bad.json is not answered with 2xx (4" in ended.err


def test_a_slow_variant_is_worse_than_the_baseline(berth: Berth) -> None:
    loads = ("--concurrency", "2", "--duration", "3", "--warmup", "0.5")
    fast, slow = f"{SERVER} hold=0.004", f"{SERVER} hold=0.02"
    assert bench(berth, "--process", fast, *loads, "--json", "fast.json").code == 0
    ended = bench(berth, "--process", slow, *loads, "--baseline", "fast.json", "--json", "slow.json")
    assert ended.code == 13, ended.err
    assert "2 at a time: slower: " in ended.out
    (change,) = document(berth, "slow.json")["comparison"]["changes"]
    shown = {each["quantity"]: each["shown"] for each in change["differences"]}
    assert (shown["mean"], shown["p50"]) == ("worse", "worse")

    ended = bench(berth, "--process", fast, *loads, "--baseline", "slow.json")
    assert ended.code == 0, ended.err
    assert "2 at a time: faster: " in ended.out


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("machine", "processor"), "another one", "the processor was another one, now "),
        (("kind",), "image", "the subject was image, now process"),
        (("request", "concurrency"), [64], "requests at a time were 64, now 1, 2"),
        (("payload", "fingerprint"), "0", "the requests were json-instances-8 "),
    ],
)
def test_a_baseline_measured_otherwise_is_refused(
    berth: Berth, measured: tuple[Ended, Path], path: tuple[str, ...], value: object, told: str
) -> None:
    other = msgspec.json.decode(measured[1].read_bytes())
    *inner, last = path
    place = other
    for name in inner:
        place = place[name]
    place[last] = value
    (berth.folder / "other.json").write_bytes(msgspec.json.encode(other))
    ended = bench(berth, "--process", ECHO, *QUICK, "--baseline", "other.json")
    assert (ended.code, ended.out) == (4, "")
    assert told in ended.err
    assert "give --force" in ended.err


def test_with_force_another_machine_is_compared_and_said(berth: Berth, measured: tuple[Ended, Path]) -> None:
    other = msgspec.json.decode(measured[1].read_bytes())
    other["machine"]["processor"] = "another one"
    (berth.folder / "other.json").write_bytes(msgspec.json.encode(other))
    ended = bench(berth, "--process", ECHO, *QUICK, "--baseline", "other.json", "--force", "--json", "out.json")
    assert ended.code in {0, 13}, ended.err
    comparison = document(berth)["comparison"]
    assert comparison["remarks"][0].startswith("the processor was another one")
    assert len(comparison["changes"]) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name an image, or a subject with --process or --endpoint"),
        (("--process", ECHO, "--concurrency", "1,x"), "--concurrency x: expected a whole number from 1"),
        (("--process", ECHO, "--concurrency", "2,2"), "--concurrency 2,2: a number stands there twice"),
        (("--process", ECHO, "--duration", "soon"), "--duration soon: expected seconds, 1 at least"),
        (("--process", ECHO, "--slo", "p99<2"), "--slo 'p99<2' bounds a time by 2"),
        (("--process", ECHO, "--instance-type", "ml.none"), "--instance-type 'ml.none' has no list price"),
        (("--process", ECHO, "--price-per-hour", "free"), "free"),
        (("--process", ECHO, "--price-per-hour", "1", "--instance-type", "ml.m5.large"), "give one of them"),
        (("--process", ECHO, "--prompt-tokens", "8", "--sample", __file__ + ";type=text/csv"), "give either"),
        (("--process", ECHO, "--prompt-tokens", "8"), "--prompt-tokens: the subject answers neither a prompt nor"),
        (("--process", ECHO, "--threshold", "200%"), "--threshold 200%: expected a share below one"),
        (("--process", ECHO, "--force"), "--force goes with --baseline"),
        (("--process", ECHO, "--baseline", "none.json"), "--baseline none.json cannot be read"),
        (("--process", ECHO, "--report", "/proc/none"), "--report: /proc/none cannot be made"),
        (("--process", ECHO, "--json", "/none/x.json"), "--json: /none is no folder that can be written"),
        (("--process", ECHO, "--endpoint", "http://127.0.0.1:9"), "a trial has one subject"),
        (("no-such-image:1",), "no-such-image:1"),
    ],
)
def test_a_users_mistake_is_one_sentence(berth: Berth, words: tuple[str, ...], told: str) -> None:
    ended = bench(berth, *words)
    assert (ended.code, ended.out) == (4, "")
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_another_files_content_is_no_baseline(berth: Berth) -> None:
    berth.write("other.json", "{}")
    ended = bench(berth, "--process", ECHO, "--baseline", "other.json")
    assert (ended.code, "other.json is no benchmark" in ended.err) == (4, True)


def test_a_subject_that_is_never_ready_is_told(berth: Berth) -> None:
    ended = bench(berth, "--process", f"{SERVER} sick", "--startup-timeout", "2")
    assert (ended.code, ended.out) == (1, "")
    assert "the subject did not become ready" in ended.err
    assert "seatrial certify" in ended.err


def test_a_subject_that_ends_in_a_run_has_no_figures(berth: Berth) -> None:
    ended = bench(berth, "--process", f"{SERVER} dies hold=0.02", *QUICK, "--json", "out.json")
    assert ended.code == 1, ended.err
    result = document(berth)
    (step,) = result["steps"]
    assert (step["outcome"], step["figures"], step["load"]) == ("unreached", None, None)
    assert result["notes"] == ["the subject ended during this run with code 3"]


def test_more_failures_than_may_be_miss_an_objective(berth: Berth) -> None:
    ended = bench(berth, "--process", f"{SERVER} fails", *QUICK, "--json", "out.json")
    assert ended.code == 1, ended.err
    assert document(berth)["steps"][0]["outcome"] == "missed"
    assert "errors<1%" in ended.out
    assert "times server error" in ended.out


def test_ctrl_c_in_a_run_keeps_what_was_measured_and_leaves_nothing(berth: Berth) -> None:
    mark, seen = berth.folder / "mark", berth.folder / "seen"
    words = (f"{SERVER} mark={mark} seen={seen}", "--concurrency", "1", "--duration", SECONDS, "--warmup", "0")
    process = berth.start(
        sys.executable, "-m", "seatrial.conformance", "bench", "--process", *words, "--report", "report"
    )
    wait_until(seen.exists, "load")
    begun = _below(process.pid)
    process.send_signal(signal.SIGINT)
    ended = berth.end(process)
    assert ended.code == 130, ended.err
    result = document(berth, "report/performance.json")
    assert (result["partial"], result["exit_code"]) == (True, 130)
    (step,) = result["steps"]
    assert (step["outcome"], step["load"]["facts"]["partial"]) == ("interrupted", True)
    assert "Interrupted: what was measured until then." in ended.out
    assert not any(map(_lives, begun))
    assert not psutil.pid_exists(int(mark.read_text()))


def test_a_killed_benchmark_takes_everything_along(berth: Berth) -> None:
    mark = berth.folder / "mark"
    (berth.folder / "tmp").mkdir()
    berth.env.update(TMPDIR=str(berth.folder / "tmp"), XDG_RUNTIME_DIR=str(berth.folder / "tmp"))
    words = (f"{SERVER} mark={mark}", "--concurrency", "1", "--duration", SECONDS)
    process = berth.start(sys.executable, "-m", "seatrial.conformance", "bench", "--process", *words)
    wait_until(lambda: len(_below(process.pid, "seatrial.loadgen")) > 1, "the load generator's engine")
    begun = _below(process.pid)
    process.kill()
    wait_until(lambda: not any(map(_lives, begun)), "the end of the subject and of the load generator")
    assert not psutil.pid_exists(int(mark.read_text()))
    assert [each for each in (berth.folder / "tmp").rglob("*") if each.is_file() and each.suffix == ".json"]
    assert berth.run_module("clean").code == 0
    assert not any((berth.folder / "tmp").rglob("*.json"))


def _below(pid: int, word: str = "") -> list[psutil.Process]:
    return [each for each in psutil.Process(pid).children(recursive=True) if word in _command(each)]


def _command(process: psutil.Process) -> str:
    """Its command line; empty where it has ended since it was listed."""
    with contextlib.suppress(psutil.Error, FileNotFoundError):
        return " ".join(process.cmdline())
    return ""


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
