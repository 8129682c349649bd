"""`make bench`: what the project promises, measured side by side in one run; writes docs/reference/benchmarks.md.

Every figure is a ratio of things measured in turn on the same machine, or a bound that the project promises. A promise
that is not kept fails the bench; a noisy machine is no excuse for the ratios, because both sides are equally disturbed.
What the page says in words of its own, outside the two marks, is left alone.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

IMAGE = "seatrial-reference:latest"
ROUNDS = 7
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: was measured.
        value: in words, with its unit.
        promise: the bound; empty where there is none.
        kept: whether it holds.
    """

    what: str
    value: str
    promise: str = ""
    kept: bool = True


def seconds(command: list[str], folder: Path, env: dict[str, str] | None = None) -> float:
    """Wall-clock seconds of one command; its output is dropped."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def plugin_cost() -> Row:
    """What having seatrial installed costs every other pytest run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing(): pass\n")
        base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        pairs = [(seconds(base, folder), seconds([*base, "-p", "no:seatrial"], folder)) for _ in range(ROUNDS + 1)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    return Row(
        "a pytest run of one empty test, with the plugin and without (`-p no:seatrial`)",
        f"{ratio:.2f} times ({statistics.median(a for a, _ in pairs):.3f} s and "
        f"{statistics.median(b for _, b in pairs):.3f} s)",
        "at most 1.10 times",
        ratio <= 1.10,
    )


def cold_start() -> float:
    """Seconds from `docker run` to the first 200 of `/ping`, without the harness's trial."""
    command = [sys.executable, str(Path(__file__).with_name("cold_start.py")), IMAGE]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def certification(folder: Path) -> list[Row]:
    """A whole certification of the reference image, and the promises about it."""
    bare = [cold_start() for _ in range(2)]
    command = [sys.executable, "-m", "pytest", "--image", IMAGE, "-q", "--trial-report", str(folder)]
    harness = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(harness.pid, 0)
    code, peak = os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024
    spent = json.loads((folder / "result.json").read_text())["breakdown"]
    waits, total, alone = sum(s for _, s in spent["waits"]), spent["total"], statistics.median(bare)
    rest = total - spent["idle"]
    starts = f"{spent['starts']} and {spent['planned_starts']}"
    cost = f"{total / alone:.1f} times ({total:.1f} s; one start alone takes {alone:.1f} s)"
    return [
        Row("exit code of the certification", str(code), "0", code == 0),
        Row("deliberate waits, all added up", f"{waits:.1f} s", "at most 60 s", waits <= 60),
        Row("everything but the time of mere waiting", f"{rest:.1f} s", "at most 30 s", rest <= 30),
        Row("driving", f"{spent['driving']:.1f} s", "at most 20 s", spent["driving"] <= 20),
        Row("container starts, made and planned", starts, "no more than planned", starts_kept(spent)),
        Row("the whole certification, in starts of the image alone", cost),
        Row("peak memory of the harness", f"{peak:.0f} MB", "under 200 MB", peak < 200),
    ]


def starts_kept(spent: dict[str, int]) -> bool:
    """Whether no more containers were started than the plan said."""
    return spent["starts"] <= spent["planned_starts"]


def judging_again(folder: Path) -> Row:
    """Judging recorded evidence without a container."""
    command = [sys.executable, "-m", "pytest", "-q", "--trial-evidence", str(folder / "evidence")]
    took = statistics.median(seconds([*command, "--trial-report", str(folder / "again")], folder) for _ in range(3))
    return Row("judging the same evidence again, the whole command", f"{took:.2f} s", "under 2 s", took < 2)


def render(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = [
        "## A certification",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores.",
        "",
        "| measured | value | promise | kept |",
        "| --- | --- | --- | --- |",
        *(f"| {r.what} | {r.value} | {r.promise} | {'yes' if r.kept else '**no**'} |" for r in rows),
        "",
    ]
    return "\n".join(lines)


def load_generator(folder: Path) -> tuple[str, bool]:
    """The load generator beside others: its section of the page, and whether every floor holds."""
    section = folder / "load.md"
    command = [sys.executable, "-m", "bench.load", "--markdown", str(section)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)
    return section.read_text("utf-8") if section.exists() else "", done.returncode == 0


def main() -> int:
    """Measure, write the table, and say whether every promise was kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [plugin_cost(), *certification(folder), judging_again(folder)]
        section, floors_hold = load_generator(folder)
    measured = f"{render(rows)}\n{section}".rstrip()
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{rest.partition(END)[2]}", "utf-8")
    sys.stdout.write(measured + "\n")
    broken = [r for r in rows if not r.kept]
    for row in broken:
        sys.stderr.write(f"not kept: {row.what}: {row.value}, promised {row.promise}\n")
    return 1 if broken or not floors_hold else 0


if __name__ == "__main__":
    sys.exit(main())
