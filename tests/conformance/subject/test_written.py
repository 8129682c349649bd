"""What a container wrote is told from its own layer and those of its image."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.subject.launcher import FileChange
from seatrial.conformance.subject.written import changes_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A container's layer, and two of its image: the upper one took a file and a folder of the lower one away."""
    own, upper, lower = (tmp_path / name for name in ("own", "upper", "lower"))
    for path in (lower / "etc/kept", lower / "etc/taken", lower / "srv/old", lower / "opt/hidden/deep"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of the image")
    (upper / "etc").mkdir(parents=True)
    (upper / "etc/.wh.taken").touch()
    (upper / ".wh.srv").touch()
    (upper / "opt/hidden").mkdir(parents=True)
    (upper / "opt/hidden/.wh..wh..opq").touch()
    own.mkdir()
    return own, upper, lower


def write(layer: Path, name: str) -> None:
    path = layer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("of the container")


def kinds(layers: tuple[Path, ...]) -> dict[str, str]:
    return {change.path: change.kind for change in changes_in(layers)}


def test_nothing_written_is_nothing_changed(layers: tuple[Path, ...]) -> None:
    assert changes_in(layers) == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("etc/kept", "changed"),
        ("etc/new", "added"),
        ("etc/taken", "added"),
        ("srv/old", "added"),
        ("opt/hidden/deep", "added"),
    ],
)
def test_what_the_image_shows_was_changed_and_all_else_added(layers: tuple[Path, ...], name: str, kind: str) -> None:
    write(layers[0], name)
    assert kinds(layers)[f"/{name}"] == kind


@pytest.mark.parametrize("mark", [".wh..opq", ".wh..wh..opq"])
def test_the_mark_of_a_folder_is_no_path_of_the_container(layers: tuple[Path, ...], mark: str) -> None:
    write(layers[0], f"fresh/{mark}")
    assert kinds(layers) == {"/fresh": "added"}


def test_what_was_removed_is_deleted(layers: tuple[Path, ...]) -> None:
    write(layers[0], "etc/.wh.kept")
    assert FileChange("/etc/kept", "deleted") in changes_in(layers)


def test_a_folder_that_only_holds_what_changed_is_not_changed_itself(layers: tuple[Path, ...]) -> None:
    write(layers[0], "etc/kept")
    shutil.copystat(layers[1] / "etc", layers[0] / "etc")
    assert kinds(layers) == {"/etc/kept": "changed"}
