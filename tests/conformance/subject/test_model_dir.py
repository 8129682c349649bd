from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from seatrial.conformance.subject.launcher import FileChange, Files, Offer, SubjectError
from seatrial.conformance.subject.model_dir import ModelCopies, changes, disk_usage, tree


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "code" / "inference.py").write_text("pass\n")
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def copies(model: Path, scratch: Path) -> ModelCopies:
    return ModelCopies(Offer(model_dir=str(model)), scratch)


def copied(model: Path, scratch: Path, files: Files) -> Path:
    copy = copies(model, scratch).get(files)
    assert copy is not None
    return copy


@pytest.mark.parametrize("files", [Files.READ_ONLY, Files.WRITABLE, Files.ODD])
def test_every_copy_has_the_content_of_the_original(files: Files, model: Path, scratch: Path):
    assert tree(copied(model, scratch, files)) == tree(model)


def test_a_model_on_another_file_system_is_copied(model: Path, scratch: Path):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert Path(memory).stat().st_dev != scratch.stat().st_dev
        elsewhere = Path(shutil.copytree(model, Path(memory) / "model"))
        assert tree(copied(elsewhere, scratch, Files.READ_ONLY)) == tree(model)


def test_a_tree_names_paths_and_digests(model: Path):
    assert tree(model) == (
        ("code", "dir"),
        ("code/inference.py", hashlib.sha256(b"pass\n").hexdigest()),
        ("weights.bin", hashlib.sha256(b"weights").hexdigest()),
    )


def test_nothing_is_mounted_where_no_directory_is_offered(scratch: Path):
    none = ModelCopies(Offer(), scratch)
    assert none.get(Files.READ_ONLY) is None
    assert none.get(Files.WRITABLE) is None
    empty = none.get(Files.EMPTY)
    assert empty is not None
    assert tree(empty) == ()


def test_a_read_only_copy_is_shared_and_nobody_may_write_to_it(model: Path, scratch: Path):
    made = copies(model, scratch)
    first = made.get(Files.READ_ONLY)
    assert first is not None
    assert made.get(Files.READ_ONLY) == first
    assert not made.drop(first)
    assert not any(stat.S_IMODE(path.stat().st_mode) & 0o222 for path in first.rglob("*"))


def test_a_read_only_copy_that_was_written_to_is_made_anew(model: Path, scratch: Path):
    made = copies(model, scratch)
    first = made.get(Files.READ_ONLY)
    assert first is not None
    (first / "weights.bin").chmod(0o644)
    (first / "weights.bin").write_bytes(b"Weights")
    second = made.get(Files.READ_ONLY)
    assert second is not None
    assert second != first
    assert tree(second) == tree(model)


def test_writable_copies_are_not_shared_and_not_the_users(model: Path, scratch: Path):
    made = copies(model, scratch)
    first, second = made.get(Files.WRITABLE), made.get(Files.WRITABLE)
    assert first is not None
    assert second is not None
    before = tree(first)
    (first / "weights.bin").write_bytes(b"tuned")
    (first / "cache").mkdir()
    (first / "code" / "inference.py").unlink()
    assert changes(before, tree(first)) == (
        FileChange("/opt/ml/model/cache", "added"),
        FileChange("/opt/ml/model/code/inference.py", "deleted"),
        FileChange("/opt/ml/model/weights.bin", "changed"),
    )
    assert tree(second) == before == tree(model)
    assert made.drop(first)
    assert not first.exists()


def test_an_odd_copy_looks_as_if_it_came_from_elsewhere(model: Path, scratch: Path):
    copy = copied(model, scratch, Files.ODD)
    found = (copy / "code" / "inference.py").stat()
    assert stat.S_IMODE(found.st_mode) == 0o444
    assert found.st_mtime == 0
    assert (found.st_uid != os.getuid()) == (os.geteuid() == 0)


def test_links_are_followed_as_a_download_would(model: Path, scratch: Path, tmp_path: Path):
    (tmp_path / "blob").write_bytes(b"blob")
    (model / "linked.bin").symlink_to(tmp_path / "blob")
    copy = copied(model, scratch, Files.READ_ONLY)
    assert not (copy / "linked.bin").is_symlink()
    assert (copy / "linked.bin").read_bytes() == b"blob"


def test_a_link_that_leads_nowhere_is_the_users_mistake(model: Path, scratch: Path):
    (model / "linked.bin").symlink_to("/nowhere/at/all")
    with pytest.raises(SubjectError, match=r"linked\.bin cannot be copied: No such file"):
        copies(model, scratch).get(Files.READ_ONLY)


def test_a_link_that_leads_back_is_the_users_mistake(model: Path, scratch: Path):
    (model / "code" / "loop").symlink_to(model)
    with pytest.raises(SubjectError, match="leads back into the directory"):
        copies(model, scratch).get(Files.READ_ONLY)


@pytest.mark.parametrize("option", ["model_dir", "bad_model_dir"])
def test_a_directory_that_is_not_there_is_the_users_mistake(option: str, scratch: Path):
    offer = Offer(**{option: "/nowhere"})
    with pytest.raises(SubjectError, match=f"--trial-{option.replace('_', '-')} /nowhere: found nothing there"):
        ModelCopies(offer, scratch).check()


def test_a_broken_model_must_be_offered(scratch: Path):
    with pytest.raises(SubjectError, match="--trial-bad-model-dir"):
        ModelCopies(Offer(), scratch).get(Files.BAD)


def test_disk_usage_counts_what_lies_on_the_disk(scratch: Path):
    (scratch / "large").write_bytes(b"x" * 3_000_000)
    os.sync()
    assert 3_000_000 <= disk_usage(scratch) < 4_000_000
