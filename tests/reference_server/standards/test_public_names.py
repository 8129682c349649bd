"""Every import path of the public package answers, and has the public names that it has there, or is left out."""

import importlib
import tomllib
from pathlib import Path

import pytest

from seatrial.reference_server.standards import paths

PUBLISHED = tomllib.loads(Path(__file__).with_name("public_names.toml").read_text("utf-8"))
NAMES: dict[str, list[str]] = PUBLISHED["names"]
LEFT_OUT: dict[str, str] = PUBLISHED["left_out"]
SERVED = [path for path in NAMES if path not in LEFT_OUT]

pytestmark = pytest.mark.usefixtures("fresh")


def imported(path: str) -> object:
    return importlib.import_module(f"{paths.PACKAGE}.{path}".rstrip("."))


@pytest.mark.parametrize("path", SERVED)
def test_a_path_has_the_public_names(path: str):
    module = imported(path)
    wanted = [name for name in NAMES[path] if f"{path}.{name}" not in LEFT_OUT]
    assert [name for name in wanted if not hasattr(module, name)] == []


@pytest.mark.parametrize("left_out", LEFT_OUT)
def test_what_is_left_out_is_not_there(left_out: str):
    if left_out in NAMES:
        with pytest.raises(ModuleNotFoundError):
            imported(left_out)
    else:
        path, _, name = left_out.rpartition(".")
        assert name in NAMES[path]
        assert not hasattr(imported(path), name)


def test_no_path_answers_that_the_package_does_not_have():
    folders = {"supervisor.scripts"}  # without a file of its own there
    assert set(paths.PATHS) - folders == set(SERVED)
