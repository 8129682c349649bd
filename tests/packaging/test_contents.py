"""What is in the wheel and in the sdist: the five rooms under one name, with their data, and nothing else."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("conformance", "suites", "reference_server", "loadgen", "reports")
DATA = (
    "seatrial/py.typed",
    "seatrial/conformance/session/trial.ini",
    "seatrial/suites/sources.toml",
    "seatrial/suites/realtime/clauses.toml",
    "seatrial/reports/schema/result.schema.json",
    "seatrial/reports/templates/report.html.j2",
)


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def files_of_the_rooms() -> set[str]:
    """Every file of the rooms that belongs to the project, by the name it must have when installed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {f"seatrial/{name}" for name in listed if (PROJECT / name).is_file()}


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    ours = {name for name in names(wheel) if ".dist-info/" not in name}
    assert ours == files_of_the_rooms() | {"seatrial/__init__.py", "seatrial/py.typed"}


def test_the_data_that_runs_need_is_in_the_wheel(wheel: Path) -> None:
    assert set(DATA) <= names(wheel)


def test_the_wheel_brings_one_import_name(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"seatrial"}


def test_the_sdist_holds_the_same_package_as_files_instead_of_links(built: Path, wheel: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        members = archive.getmembers()
    inside = {member.name.partition("/")[2] for member in members if member.isfile()}
    assert {name for name in names(wheel) if ".dist-info/" not in name} <= inside
    assert not [member.name for member in members if member.issym()]
    assert not [name for name in inside if name.startswith("tests/")]
