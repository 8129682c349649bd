"""The adapters that a user offers reach every launch, read-only, and one that is damaged lies beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from subjects.driving import ready, until

from seatrial.conformance.subject.adapters import AdapterCopies
from seatrial.conformance.subject.endpoint import EndpointLauncher
from seatrial.conformance.subject.image import Ways
from seatrial.conformance.subject.launcher import AdapterFiles, LaunchSpec, Limits, Offer, SubjectError
from seatrial.conformance.subject.model_dir import tree
from seatrial.conformance.subject.process import ProcessLauncher

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.image import ImageLauncher
    from seatrial.conformance.subject.lock import Run

WEIGHTS = bytes(range(200))


@pytest.fixture
def offer(tmp_path: Path) -> Offer:
    for name in ("red", "blue"):
        folder = tmp_path / "given" / name
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text(json.dumps({"name": name}))
        (folder / "adapter_model.safetensors").write_bytes(WEIGHTS)
    return Offer(adapters=tuple((name, str(tmp_path / "given" / name)) for name in ("red", "blue")))


def test_one_copy_serves_a_whole_run(offer: Offer, tmp_path: Path):
    copies = AdapterCopies(offer.adapters, tmp_path)
    folder = copies.get()
    assert folder == copies.get()
    assert folder is not None
    for name, source in offer.adapters:
        assert tree(folder / name) == tree(Path(source))
    assert not any(path.stat().st_mode & 0o222 for path in folder.rglob("*"))


def test_the_damaged_one_keeps_its_description_and_half_of_its_weights(offer: Offer, tmp_path: Path):
    copies = AdapterCopies(offer.adapters, tmp_path)
    copies.get()
    seen = copies.seen_at(str(tmp_path / "adapters"))
    assert [name for name, _ in seen.folders] == ["red", "blue"]
    assert json.loads(Path(seen.damaged, "adapter_config.json").read_text()) == {"name": "red"}
    assert Path(seen.damaged, "adapter_model.safetensors").read_bytes() == WEIGHTS[:100]


def test_nothing_is_seen_where_nothing_is_offered(tmp_path: Path):
    copies = AdapterCopies((), tmp_path)
    assert copies.get() is None
    assert copies.seen_at("/x") == AdapterFiles()
    assert EndpointLauncher("http://127.0.0.1:1").launch(LaunchSpec()).adapters == AdapterFiles()


def test_what_cannot_be_copied_is_named_by_its_option(offer: Offer, tmp_path: Path):
    source = Path(offer.adapters[0][1])
    (source / "nowhere").symlink_to(tmp_path / "nothing")
    with pytest.raises(SubjectError, match=r"^--trial-adapter red: .*nowhere cannot be copied"):
        AdapterCopies(offer.adapters, tmp_path).get()


def test_a_process_reads_the_copy(run: Run, offer: Offer):
    launcher = ProcessLauncher(f'{sys.executable} -c "print(1)"', Limits(), offer, run)
    try:
        first, second = launcher.launch(LaunchSpec()), launcher.launch(LaunchSpec())
        until(lambda: first.logs.total_lines > 0)
        assert first.adapters == second.adapters
        for (name, path), (_, source) in zip(first.adapters.folders, offer.adapters, strict=True):
            assert Path(path) != Path(source)
            assert (Path(path).name, tree(Path(path))) == (name, tree(Path(source)))
    finally:
        launcher.close()


@pytest.mark.parametrize("ways", [None, Ways(volumes=True)], ids=["bound", "in a volume"])
def test_a_container_finds_them_read_only(
    launcher: Callable[..., ImageLauncher], faults: str, offer: Offer, ways: Ways | None
):
    made = launcher(faults, offer=offer, ways=ways)
    instance = ready(made.launch(LaunchSpec()))
    container = made.engine.client.containers.get(instance.id)

    def inside(command: str) -> str:
        return str(container.exec_run(["sh", "-c", command]).output.decode().strip())

    assert dict(instance.adapters.folders) == {name: f"/opt/seatrial-adapters/{name}" for name in ("red", "blue")}
    for name, path in instance.adapters.folders:
        assert json.loads(inside(f"cat {path}/adapter_config.json")) == {"name": name}
    assert inside(f"wc -c < {instance.adapters.damaged}/adapter_model.safetensors") == "100"
    assert "ead-only file system" in inside("echo x > /opt/seatrial-adapters/red/x")
    assert instance.file_changes() == ()
