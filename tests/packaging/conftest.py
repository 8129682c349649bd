"""Builds the distribution once, and installs its wheel into fresh environments."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.berth import Berth, Ended

PROJECT = Path(__file__).resolve().parents[2]
COMPANY = ("xdist", "randomly", "timeout", "rerunfailures", "cov", "asyncio")
"""The plugins that users have beside ours."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with our wheel in it."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def pytest(self, berth: Berth, *words: str) -> Ended:
        return berth.run(self.program("pytest"), *words)


def uv(*words: str) -> None:
    """Run uv, from PATH or from beside this Python."""
    found = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    done = subprocess.run([found, "--quiet", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"uv {' '.join(words)}\n{done.stderr}"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel, both from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--sdist", "--wheel", "--out-dir", str(folder))
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session", params=["9", "8.4"])
def environment(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel beside one major version of pytest and the plugins that people have."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    uv("venv", "--python", sys.executable, str(folder))
    company = [f"pytest-{name}" for name in COMPANY]
    uv("pip", "install", "--python", str(folder), str(wheel), f"pytest=={request.param}.*", *company)
    return Environment(folder)
