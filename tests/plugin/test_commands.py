"""The verbs of the command `seatrial`, as a user types them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from subjects import build_faults, build_static
from support.berth import CONTRACT, SERVER, Berth, Ended
from support.waiting import wait_until


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Berth:
    """A folder with the reports of a sound server, `sound`, and of one that breaks a MUST, `broken`."""
    yard = Berth.at(tmp_path_factory.mktemp("commands"))
    yard.certify("--report=sound")
    yard.certify("--report=broken", faults="mirror")
    return yard


def sentence(ended: Ended) -> str:
    assert (ended.code, ended.out, "Traceback" in ended.err) == (4, "", False)
    return ended.err.strip()


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_without_a_verb_it_lists_them(berth: Berth, words: tuple[str, ...]) -> None:
    ended = berth.run_module(*words)
    assert ended.code == 0
    assert all(
        f"\n    {verb} " in ended.out for verb in ("certify", "explain", "up", "replay", "judge", "diff", "clean")
    )


def test_an_unknown_verb_is_refused_with_the_known_ones(berth: Berth) -> None:
    assert "invalid choice: 'certfy' (choose from 'certify', 'explain'" in sentence(berth.run_module("certfy"))


def test_options_are_not_abbreviated(berth: Berth) -> None:
    assert "unrecognized arguments: --mat" in sentence(berth.run_module("mutants", "--mat"))


# -- explain


def test_explain_says_what_a_clause_asks_and_where_that_is_written(berth: Berth) -> None:
    ended = berth.run_module("explain", "ping.answers-200")
    lines = ended.out.splitlines()
    assert (ended.code, lines[0]) == (0, "ping.answers-200  MUST  realtime")
    labels = [line.split("  ")[0] for line in lines if line and not line.startswith(" ")]
    assert {"cure", "provenance", "source", "depends on", "proven by"} <= set(labels)
    assert "https://" in ended.out


def test_explain_lists_the_clauses_of_a_pattern(berth: Berth) -> None:
    ended = berth.run_module("explain", "stop.*")
    assert ended.code == 0
    assert {line.split(".")[0] for line in ended.out.splitlines()} == {"stop"}


def test_explain_suggests_the_nearest_clause(berth: Berth) -> None:
    told = sentence(berth.run_module("explain", "ping.answer-200"))
    assert told.startswith("seatrial: there is no clause 'ping.answer-200'; did you mean ping.answers-200")


# -- judge


def test_judge_takes_a_report_and_short_names(yard: Berth) -> None:
    ended = yard.run_module("judge", "broken", "--report", "judged", *CONTRACT, "-k", "echo.answers")
    assert (ended.code, ended.words("judged")) == (1, {"echo.answers": "FAIL"})


def test_judge_wants_a_folder(berth: Berth) -> None:
    assert "name the folder of a report first" in sentence(berth.run_module("judge", "--strict"))


# -- diff


def test_diff_tells_what_got_worse_with_exit_1(yard: Berth) -> None:
    ended = yard.run_module("diff", "sound", "broken/result.json")
    assert ended.code == 1
    assert ended.out.startswith("worse   MUST   echo.answers ")
    assert "PASS -> FAIL [other-body]" in ended.out
    assert ended.out.splitlines()[-1].startswith("checked -> not certified: ")


def test_diff_tells_what_got_better_with_exit_0(yard: Berth) -> None:
    ended = yard.run_module("diff", "broken", "sound")
    assert (ended.code, ended.out.startswith("better")) == (0, True)


def test_diff_of_a_trial_with_itself_is_empty(yard: Berth) -> None:
    ended = yard.run_module("diff", "sound", "sound")
    assert (ended.code, ended.out) == (0, "checked -> checked: 0 verdicts differ, 0 of them for the worse\n")


def test_diff_refuses_what_is_no_result(yard: Berth) -> None:
    yard.write("none.json", "{}")
    told = sentence(yard.run_module("diff", "none.json", "sound"))
    assert told.startswith("seatrial: none.json is not the result of a trial")
    assert "lost/result.json cannot be read" not in told
    assert "lost" in sentence(yard.run_module("diff", "sound", "lost"))


# -- replay


def replay_id(yard: Berth) -> str:
    (file,) = (yard.folder / "broken" / "replays").glob("*.json")
    return file.stem


def test_replay_sends_the_request_again_and_shows_then_and_now(yard: Berth) -> None:
    ended = yard.run_module("replay", replay_id(yard), "--report", "broken")
    assert ended.code == 0, ended.err
    then, _, now = ended.out.partition("\nnow\n")
    assert "echo.answers: expected b'hello'" in then
    assert then.count("POST /invocations HTTP/1.1") == now.count("POST /invocations HTTP/1.1") == 1
    assert ("olleh" in then, "olleh" in now) == (True, True)


def test_replay_can_be_aimed_at_another_subject(yard: Berth) -> None:
    ended = yard.run_module("replay", replay_id(yard), "--report", "broken", "--process", SERVER)
    then, _, now = ended.out.partition("\nnow\n")
    assert ("olleh" in then, "olleh" in now) == (True, False)


def test_replay_of_an_unknown_finding_names_those_there_are(yard: Berth) -> None:
    told = sentence(yard.run_module("replay", "none", "--report", "broken"))
    assert f"there are {replay_id(yard)}" in told


def test_replay_refuses_a_request_whose_body_was_not_kept(yard: Berth) -> None:
    file = yard.folder / "broken" / "replays" / f"{replay_id(yard)}.json"
    value = json.loads(file.read_bytes())
    value["exchange"]["request"]["body"] |= {"cut": True, "length": 99_999}
    yard.write("broken/replays/cut.json", json.dumps(value))
    told = sentence(yard.run_module("replay", "cut", "--report", "broken"))
    assert "a body of 99999 bytes and the report keeps the first 5" in told


# -- up and clean


def test_up_of_a_missing_image_is_one_sentence(berth: Berth) -> None:
    assert "the engine has no such image" in sentence(berth.run_module("up", "seatrial-no-such-image"))


def test_up_starts_an_image_shows_its_log_and_removes_it_after_ctrl_c(berth: Berth) -> None:
    image = build_faults()
    process = berth.start(sys.executable, "-m", "seatrial.conformance", "up", image)
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if "GET /ping answers 200" in line:
            break
    (container,) = containers_of(process.pid)
    process.send_signal(signal.SIGINT)
    ended = berth.end(process)
    assert (ended.code, "stopping" in ended.out) == (0, True)
    assert told[0].startswith(f"{image} was started as `serve`, at http://")
    assert container not in docker("ps", "--all", "--quiet").split()


def test_up_says_how_an_image_ended_by_itself(berth: Berth) -> None:
    ended = berth.run_module("up", build_static("serve-missing"))
    assert ended.code == 1
    assert "was started as `serve`, and ended before it had an address" in ended.out
    assert "it exited by itself with code 127" in ended.out
    assert 'exec: "serve": executable file not found' in ended.out


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def containers_of(pid: int) -> set[str]:
    """The containers of the run that a process owns: their label names its lock file, which holds its number."""
    listed = docker("ps", "--filter", "label=org.seatrial.lock", "--format", '{{.ID}} {{.Label "org.seatrial.lock"}}')
    pairs = (line.split() for line in listed.splitlines())
    return {
        container for container, lock in pairs if Path(lock).exists() and Path(lock).read_text().strip() == str(pid)
    }


def test_clean_leaves_a_live_trial_alone(berth: Berth) -> None:
    mark = berth.folder / "mark"
    verb = (sys.executable, "-m", "seatrial.conformance", "certify")
    trial = berth.start(*verb, "--process", f"{SERVER} mark={mark}", *CONTRACT, "--soak")
    wait_until(mark.exists, "the start of the subject")
    cleaned = berth.run_module("clean")
    assert cleaned.code == 0
    assert Path("/proc", mark.read_text()).exists()
    trial.send_signal(signal.SIGINT)
    assert berth.end(trial).code == 2
