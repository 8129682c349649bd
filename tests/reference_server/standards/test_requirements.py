"""Requirements are installed before the server starts: what is asked of the installer, and what its failure does."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.reference_server.standards import requirements

SUPERVISOR = (sys.executable, "-m", "seatrial.reference_server.standards.supervisor")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path, model_dir: Path) -> Run:
    """Run `standard-supervisor` in place over a command that says `served`; `uv` is a script that shows its words."""
    tools = tmp_path / "tools"
    tools.mkdir()
    script = f'#!/bin/sh\nfor word; do echo "uv $word"; done\ntest ! -e {tools}/broken\n'
    (tools / "uv").write_text(script)
    (tools / "uv").chmod(0o755)

    def start(*command: str, broken: bool = False, **env: str) -> "subprocess.CompletedProcess[str]":
        if broken:
            (tools / "broken").touch()
        usual = {"PATH": f"{tools}:{os.environ['PATH']}", "SAGEMAKER_MODEL_PATH": str(model_dir)}
        variables = {**os.environ, **usual, "PROCESS_AUTO_RECOVERY": "false", **env}
        given = command or (sys.executable, "-c", "print('served')")
        return subprocess.run(
            [*SUPERVISOR, *given], env=variables, capture_output=True, text=True, check=False, timeout=60
        )

    return start


def told(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The words that the installer got, less those that name it."""
    words = [line.removeprefix("uv ") for line in done.stdout.splitlines() if line.startswith("uv ")]
    assert words[:3] in ([], ["pip", "install", "--python"])
    return words[3:]


def test_the_file_beside_the_model_is_installed_before_the_server_starts(run: Run, model_dir: Path):
    (model_dir / "requirements.txt").write_text("x\n")
    done = run()
    assert told(done) == [sys.executable, "-r", f"{model_dir}/requirements.txt"]
    assert done.stdout.splitlines()[-1] == "served"
    assert done.returncode == 0


def test_wheels_beside_it_are_offered_to_the_installer(run: Run, model_dir: Path):
    (model_dir / "requirements.txt").write_text("x\n")
    (model_dir / "requirements").mkdir()
    assert told(run())[-2:] == ["--find-links", f"{model_dir}/requirements"]


def test_no_file_or_a_folder_of_its_name_is_nothing_to_install(run: Run, model_dir: Path):
    assert run().stdout == "served\n"
    (model_dir / "requirements.txt").mkdir()
    assert run().stdout == "served\n"


@pytest.mark.parametrize("recovery", ["true", "false"])
def test_a_failed_install_ends_it_before_the_server_starts(run: Run, model_dir: Path, recovery: str):
    (model_dir / "requirements.txt").write_text("x\n")
    done = run(broken=True, PROCESS_AUTO_RECOVERY=recovery)
    assert done.returncode == 1
    assert "served" not in done.stdout
    assert "the requirements cannot be installed" in done.stderr


@pytest.mark.parametrize("word", ["true", "1", "YES", "On"])
def test_words_that_switch_it_on(model_dir: Path, word: str):
    (model_dir / "requirements.txt").write_text("x\n")
    given = {"SAGEMAKER_MODEL_PATH": str(model_dir), "STANDARD_AUTO_INSTALL_REQ": word}
    assert requirements.arguments(given) == ["-r", f"{model_dir}/requirements.txt"]


@pytest.mark.parametrize("word", ["", "false", "0", "no", " true ", "y"])
def test_all_other_words_switch_it_off_also_for_arguments(model_dir: Path, word: str):
    (model_dir / "requirements.txt").write_text("x\n")
    given = {"SAGEMAKER_MODEL_PATH": str(model_dir), "STANDARD_AUTO_INSTALL_REQ": word, "STANDARD_PIP_ARGS": "x"}
    assert requirements.arguments(given) == []


def test_arguments_take_the_place_of_the_file(run: Run, model_dir: Path):
    (model_dir / "requirements.txt").write_text("x\n")
    assert told(run(STANDARD_PIP_ARGS="-r 'a b' \"c\""))[1:] == ["-r", "a b", "c"]
    assert told(run(STANDARD_PIP_ARGS=""))[1:] == ["-r", f"{model_dir}/requirements.txt"]


def test_an_open_quote_ends_it(run: Run):
    done = run(STANDARD_PIP_ARGS="x 'open")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'STANDARD_PIP_ARGS is "x \'open", which no shell could read' in done.stderr


def test_the_python_of_the_command_is_installed_into():
    found = shutil.which("python3")
    assert requirements.interpreter(["python3", "-m", "x"]) == found
    assert requirements.interpreter([sys.executable]) == sys.executable
    assert requirements.interpreter(["vllm", "serve"]) == sys.executable
    assert requirements.interpreter(["/usr/bin/pythonista"]) == sys.executable


def test_pip_of_that_python_installs_where_there_is_no_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert requirements.installer("/x/python")[:3] == ["/x/python", "-m", "pip"]


def test_a_package_is_importable_once_the_server_starts(tmp_path: Path, model_dir: Path):
    """The real thing: a wheel beside the file, no index, a Python of its own."""
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", own], check=True, timeout=120)
    wheel(model_dir / "requirements")
    (model_dir / "requirements.txt").write_text("--no-index\nseatrial-probe==1.0\n")
    shown = "import seatrial_probe; print(seatrial_probe.FOUND)"
    variables = {"PATH": "/usr/bin:/bin", "SAGEMAKER_MODEL_PATH": str(model_dir), "PROCESS_MAX_START_RETRIES": "0"}
    done = subprocess.run(
        [*SUPERVISOR, f"{own}/bin/python", "-c", shown],
        env=variables, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "it is there", done.stderr


def wheel(folder: Path) -> None:
    """Put a wheel of one module into a folder."""
    scratch = folder.parent / "scratch"
    facts = scratch / "seatrial_probe-1.0.dist-info"
    facts.mkdir(parents=True)
    (scratch / "seatrial_probe.py").write_text("FOUND = 'it is there'\n")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-probe\nVersion: 1.0\n")
    (facts / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (facts / "RECORD").write_text("")
    folder.mkdir()
    packed = shutil.make_archive(str(scratch), "zip", scratch)
    Path(packed).rename(folder / "seatrial_probe-1.0-py3-none-any.whl")
    shutil.rmtree(scratch)
