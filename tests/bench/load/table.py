"""The figures as a table for the documentation, and as JSON."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bench.load.child import cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.load.figure import Figure

__all__ = ["as_json", "as_markdown", "broken"]

PACKAGES = ("aiohttp", "uvloop", "locust", "boto3", "httptools", "numpy")


def as_markdown(groups: Sequence[tuple[str, Sequence[Figure]]], rounds: int) -> str:
    """Return the section of the benchmarks page."""
    lines = [
        "## The load generator",
        "",
        f"Side by side in one run, {cores()}, loopback, medians of {rounds} interleaved rounds; in brackets the least",
        "and the greatest. `floor` fails the bench, `goal` is what is aimed at. What is late, added or off is held",
        "against the log of a server whose every arrival and write is known (`tests/truth/`).",
        f"Versions: {_versions()}.",
        "",
    ]
    for title, figures in groups:
        lines += [f"### {title}", "", "| measured | value | floor | goal | reached | behind it |"]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
        lines += [f"| {' | '.join(_cells(figure))} |" for figure in figures]
        lines.append("")
    return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, ...]:
    value = figure.shown(figure.value)
    return figure.what, value, figure.bound(figure.floor), figure.bound(figure.goal), figure.verdict, figure.seen


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def as_json(groups: Sequence[tuple[str, Sequence[Figure]]], rounds: int) -> str:
    """Return the same for programs."""
    plain = {title: [figure.to_json() for figure in figures] for title, figures in groups}
    return json.dumps({"rounds": rounds, "cores": cores(), "versions": _versions(), "figures": plain}, indent=1) + "\n"


def broken(groups: Sequence[tuple[str, Sequence[Figure]]]) -> list[str]:
    """Return one sentence for each figure that is below its floor."""
    return [
        f"below the floor: {figure.what}: {figure.shown(figure.value)}, floor {figure.bound(figure.floor)}"
        for _, figures in groups
        for figure in figures
        if not figure.kept
    ]
