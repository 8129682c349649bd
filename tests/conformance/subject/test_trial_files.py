"""A launch's own files reach the subject, whatever it is, and go with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from subjects.driving import ready, until

from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.scenario import Scenario
from seatrial.conformance.subject.image import Ways
from seatrial.conformance.subject.launcher import Ability, LaunchSpec, Limits, Offer, SubjectFacts
from seatrial.conformance.subject.model_dir import ModelCopies, tree
from seatrial.conformance.subject.plan import plan_voyages
from seatrial.conformance.subject.process import ProcessLauncher
from seatrial.conformance.subject.trial_files import write_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.image import ImageLauncher
    from seatrial.conformance.subject.launcher import Instance
    from seatrial.conformance.subject.lock import Run

    Launchers = Callable[..., ImageLauncher]

BESIDE = LaunchSpec(
    "beside",
    env=(("SCRIPT", "{trial_files}/sub/model.py"), ("PLAIN", "{port} {} stays")),
    trial_files=(("sub/model.py", "print('hello')\n"), ("other.txt", "ü")),
)
OVER = LaunchSpec(
    "over",
    env=(("SCRIPT", "{model_dir}/code/inference.py"),),
    model_files=(("code/inference.py", "laid over\n"), ("model.py", "new\n")),
)
LOOK = (
    "import json,os,pathlib;"
    "script=pathlib.Path(os.environ['SCRIPT']);"
    "print(json.dumps([str(script),script.read_text(),os.environ.get('PLAIN'),os.environ.get('SAGEMAKER_MODEL_PATH')]))"
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    (folder / "code").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "code" / "inference.py").write_text("the user's\n")
    return folder


def process(run: Run, offer: Offer) -> ProcessLauncher:
    return ProcessLauncher(f'{sys.executable} -c "{LOOK}"', Limits(), offer, run)


def told(instance: Instance) -> list[str]:
    instance.wait_exit(10)
    until(lambda: instance.logs.total_lines > 0)
    said: list[str] = json.loads(instance.logs.lines[0].text)
    return said


def test_a_process_finds_its_files_in_a_folder_that_goes_with_it(run: Run):
    instance = process(run, Offer()).launch(BESIDE)
    path, text, plain, model_path = told(instance)
    assert (text, plain, model_path) == ("print('hello')\n", "{port} {} stays", None)
    assert Path(path).stat().st_mode & 0o777 == 0o644
    instance.stop()
    assert not Path(path).exists()


def test_a_process_is_told_where_its_model_directory_is(run: Run, model: Path):
    before = tree(model)
    path, text, _, model_path = told(process(run, Offer(model_dir=str(model))).launch(OVER))
    assert (path, text) == (f"{model_path}/code/inference.py", "laid over\n")
    assert tree(model) == before


def test_files_are_laid_over_an_empty_directory_where_none_is_offered(run: Run):
    assert told(process(run, Offer()).launch(OVER))[1] == "laid over\n"


def test_laying_over_leaves_the_shared_copy_as_it_was(tmp_path: Path, model: Path):
    copies = ModelCopies(Offer(model_dir=str(model)), tmp_path)
    shared = copies.get(LaunchSpec().files)
    overlaid = copies.get(OVER.files, OVER.model_files)
    assert shared
    assert overlaid
    assert tree(shared) == tree(model)
    assert {path for path, _ in tree(overlaid)} == {"code", "code/inference.py", "model.py", "weights.bin"}
    assert copies.drop(overlaid)
    assert tree(shared) == tree(model)


@pytest.mark.parametrize("name", ["../out.py", "/etc/out.py", "a/../../out.py", ""])
def test_no_file_leaves_its_folder(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match="inside its folder"):
        write_files(((name, ""),), tmp_path)


@pytest.mark.parametrize("ways", [None, Ways(volumes=True)], ids=["bound", "in a volume"])
def test_a_container_finds_both_read_only(launcher: Launchers, faults: str, model: Path, ways: Ways | None):
    made = launcher(faults, offer=Offer(model_dir=str(model)), ways=ways)
    both = LaunchSpec("both", env=BESIDE.env, trial_files=BESIDE.trial_files, model_files=OVER.model_files)
    instance = ready(made.launch(both))
    container = made.engine.client.containers.get(instance.id)

    def inside(command: str) -> str:
        return str(container.exec_run(["sh", "-c", command]).output.decode().strip())

    assert inside('echo "$SCRIPT $PLAIN"') == "/opt/seatrial-trial/sub/model.py {port} {} stays"
    assert inside("cat /opt/seatrial-trial/sub/model.py /opt/ml/model/model.py") == "print('hello')\nnew"
    assert inside("cat /opt/ml/model/code/inference.py /opt/ml/model/weights.bin") == "laid over\nweights"
    assert "ead-only file system" in inside("echo x > /opt/seatrial-trial/x; echo x > /opt/ml/model/x")
    assert instance.file_changes() == ()


def test_a_launch_that_cannot_be_given_its_files_is_left_out(monkeypatch: pytest.MonkeyPatch):
    scenario = Scenario("with-files", object, lambda _: None, BESIDE)
    monkeypatch.setattr("seatrial.conformance.subject.plan.SCENARIOS", {"with-files": scenario})

    def left_out(*abilities: Ability) -> list[str]:
        facts = TrialFacts(SubjectFacts("process", "serve"), frozenset(abilities))
        return [why for _, why in plan_voyages(["with-files"], facts, main=True).left_out]

    assert left_out(Ability.FRESH_INSTANCE, Ability.ENV) == ["process has no trial-files"]
    assert left_out(Ability.FRESH_INSTANCE, Ability.ENV, Ability.TRIAL_FILES) == []


def test_a_replay_file_keeps_the_files_of_its_launch():
    assert msgspec.json.decode(msgspec.json.encode(OVER), type=LaunchSpec) == OVER
