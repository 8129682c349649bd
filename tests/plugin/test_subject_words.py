"""How a subject is named, and what is refused with one sentence."""

from __future__ import annotations

import pytest
from support.berth import CONTRACT, SERVER, Berth

from seatrial.conformance.contract import SUITES

PROCESS = f"--process={SERVER}"
LISTING = ("--collect-only", "-q")
CLAUSES = "8 tests collected"


@pytest.mark.parametrize(
    "words",
    [("--process", SERVER), (f"--process={SERVER}",), (f"--trial-process={SERVER}",), ("--endpoint", "http://x.test")],
)
def test_a_bare_word_or_a_prefixed_one_makes_the_run_a_trial(berth: Berth, words: tuple[str, ...]) -> None:
    ended = berth.pytest(*words, *CONTRACT, *LISTING)
    assert (ended.code, CLAUSES in ended.out) == (0, True)


def test_a_word_that_a_conftest_claims_stays_its_own_while_the_prefixed_one_works(berth: Berth) -> None:
    berth.write("conftest.py", "def pytest_addoption(parser):\n    parser.addoption('--image', type=int)\n")
    berth.write("test_own.py", "def test_own(pytestconfig):\n    assert pytestconfig.getoption('image') == 3\n")
    own = berth.pytest("--image", "3")
    trial = berth.pytest(f"--trial-process={SERVER}", *CONTRACT, *LISTING)
    assert (own.code, "1 passed" in own.out) == (0, True)
    assert (trial.code, CLAUSES in trial.out) == (0, True)


def test_help_shows_the_bare_words_and_the_prefixed_ones(berth: Berth) -> None:
    told = berth.pytest("--help").out
    assert all(f"\n  {word}=" in told for word in ("--image", "--process", "--endpoint", "--trial-image"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--trial-profile=tiny",),
            "--trial-profile was given without a subject: add --image IMG, --process 'CMD' or --endpoint URL",
        ),
        (
            (PROCESS, *CONTRACT, "tests/test_mine.py"),
            (
                "tests/test_mine.py: a trial takes no paths; choose clauses with -k or -m, "
                "or a profile with --trial-profile"
            ),
        ),
        (
            (PROCESS, *CONTRACT, "--endpoint=http://x.test"),
            "--trial-process and --trial-endpoint were given: a trial has one subject, run one trial for each",
        ),
        (
            ("--process=", *CONTRACT),
            "the subject of the trial is empty: name an image, a command, a URL or a folder behind its option",
        ),
        (
            ("--process=no-such-command {port}", *CONTRACT),
            "--process no-such-command: no such command, or not executable: give its path",
        ),
        (
            (PROCESS, *CONTRACT, "--trial-profile=tin"),
            "--trial-profile tin: there is no such profile; choose from faulty, tiny or all",
        ),
        (
            (PROCESS, *CONTRACT, "--trial-sample=none.json"),
            (
                "--trial-sample none.json: the file cannot be read (No such file or directory); "
                "name a file with a valid request body"
            ),
        ),
        ((PROCESS, *CONTRACT, "--trial-seed=many"), "--trial-seed many: expected a number"),
        ((PROCESS, *CONTRACT, "--trial-pids=0"), "--trial-pids 0: expected a number above 0"),
        ((PROCESS, *CONTRACT, "--trial-memory=much"), "--trial-memory much: expected a size such as 512m or 8g"),
        ((PROCESS, *CONTRACT, "--trial-target-arch=riscv"), "--trial-target-arch riscv: expected amd64 or arm64"),
        (
            (PROCESS, *CONTRACT, "--trial-public-env=A"),
            "--trial-public-env A: no --trial-env sets A; add --trial-env A=VALUE",
        ),
        (
            (PROCESS, *CONTRACT, "--trial-report=/proc/report"),
            (
                "--trial-report /proc/report: evidence cannot be written there (No such file or directory); "
                "name a folder that you may write to"
            ),
        ),
        (
            ("--trial-evidence=none", *CONTRACT),
            "none/trial.json cannot be read: No such file or directory; name the `evidence` folder of a report",
        ),
        (
            ("--image=seatrial-no-such-image", *CONTRACT),
            (
                "--image seatrial-no-such-image: the engine has no such image: "
                "docker build -t seatrial-no-such-image . or docker pull seatrial-no-such-image"
            ),
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_4(berth: Berth, words: tuple[str, ...], sentence: str) -> None:
    ended = berth.pytest(*words)
    assert (ended.code, ended.err.strip(), ended.out.strip()) == (4, f"ERROR: {sentence}", "")


def test_an_engine_that_does_not_answer_is_one_sentence_and_exit_12(berth: Berth) -> None:
    berth.env["DOCKER_HOST"] = "unix:///nowhere.sock"
    ended = berth.pytest("--image=any", *CONTRACT)
    assert (ended.code, ended.out) == (12, "")
    assert ended.err.startswith("ERROR: the Docker engine at unix:///nowhere.sock does not answer: start it")
    assert "Traceback" not in ended.err


def test_a_subject_in_addopts_is_refused(berth: Berth) -> None:
    berth.write("pytest.ini", f"[pytest]\naddopts = '--trial-process={SERVER}'\n")
    ended = berth.pytest()
    assert ended.code == 4
    assert "--trial-process stands in addopts or PYTEST_ADDOPTS" in ended.err


def test_the_suites_are_not_run_by_their_path(berth: Berth) -> None:
    ended = berth.pytest(str(SUITES / "realtime" / "test_ping.py"))
    assert ended.code == 4
    assert "the suites judge a subject and are not run by their path" in ended.err
