"""`make bench-llm`: the engines of language models over HTTP, side by side in one run; writes a page of the docs.

The same tiny model, the same requests, the same load generator, one after the other and in turns. Each server is put
under load by `seatrial bench`, started as a process. What is not installed is left out and named.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "benchmarks-llm.md"
MODEL = ROOT / "reference_server" / "samples" / "llm"
ENVIRONMENTS = ROOT / ".venvs"
LOADS = (1, 4, 16)
ROUNDS, SECONDS, WARMUP = 2, 6, 2
TOKENS = 32
COLOURS = ("sky", "sea", "grass", "snow", "rose", "night", "sun", "stone")
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1", "SM_VLLM_ENFORCE_EAGER": "true",
}  # fmt: skip
FIGURES = ("tokens_per_second", "ttft_p50_ms", "itl_p50_ms")
HEAD = """\
# Benchmarks of language models

**This is a tiny-model, CPU, overhead-bound comparison.** The model has 350,000 parameters, so next to nothing is
computed, and what is measured is what each server does around a token: HTTP, scheduling, sampling, threads and
processes. It says nothing about a model of a useful size or about a GPU, where the order is likely to be another.
Where the load average at the foot is far above the number of processors, others worked there meanwhile, and even the
ratios are rough. `make bench-llm` measures it anew.
"""


@dataclass(frozen=True)
class Server:
    """A server to measure: its name, the environment that it needs, and its command."""

    name: str
    environment: str
    command: str

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.environment / "bin" / "python" if self.environment else Path(sys.executable)


SERVE = "{python} -m seatrial.reference_server serve --model sample-llm --slots 16 --port {{port}}"
OURS = "the reference server, light engine"
SERVERS = (
    Server(OURS, "", SERVE),
    Server("the reference server, transformers", "transformers", f"{SERVE} --engine transformers --device cpu"),
    Server("the reference server, vLLM", "vllm", f"{SERVE} --engine vllm --device cpu"),
    Server(
        "`vllm serve`", "vllm",
        f"{{bin}}/vllm serve {MODEL} --port {{{{port}}}} --max-num-seqs 16 --dtype float32 --enforce-eager",
    ),
)  # fmt: skip


def main() -> int:
    """Measure all that is installed, and write the page; 1 where the engine that is always there was not measured."""
    present = [server for server in SERVERS if server.python.exists()]
    runs: dict[str, list[dict[int, dict[str, float]]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = _samples(folder)
        for number in range(ROUNDS):
            # In turns, and the other way round every second time: what disturbs the machine falls on all of them.
            for server in present[:: -1 if number % 2 else 1]:
                measured = _bench(server, samples, folder)
                if measured:
                    runs[server.name].append(measured)
    if not runs[OURS]:
        sys.stderr.write("the light engine was not measured: there is nothing to compare with\n")
        return 1
    PAGE.write_text("\n".join(_page(runs)) + "\n", "utf-8")
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")
    return 0


def _samples(folder: Path) -> list[Path]:
    paths = []
    for colour in COLOURS:
        body = {
            "prompt": f"the colour of the {colour} is", "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True,
            "stream": True, "stream_options": {"include_usage": True},
        }  # fmt: skip
        paths.append(folder / f"{colour}.json")
        paths[-1].write_text(json.dumps(body), "utf-8")
    return paths


def _bench(server: Server, samples: list[Path], folder: Path) -> dict[int, dict[str, float]]:
    """The figures of each load; empty where it could not be measured, which is said."""
    sys.stderr.write(f"{server.name}\n")
    result = folder / "out.json"
    result.unlink(missing_ok=True)
    words = [sys.executable, "-m", "seatrial.conformance", "bench"]
    words += ["--process", server.command.format(python=server.python, bin=server.python.parent)]
    words += [word for pair in ENVIRONMENT.items() for word in ("--env", "=".join(pair))]
    words += [word for path in samples for word in ("--stream-sample", str(path))]
    words += ["--concurrency", ",".join(map(str, LOADS)), "--duration", str(SECONDS), "--warmup", str(WARMUP)]
    done = subprocess.run([*words, "--json", str(result)], capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.stderr.write(f"{done.stderr}{done.stdout}\n")
        return {}
    steps: list[dict[str, Any]] = json.loads(result.read_bytes())["steps"]
    return {step["concurrency"]: step["figures"] for step in steps}


def _page(runs: dict[str, list[dict[int, dict[str, float]]]]) -> list[str]:
    middle = {
        name: {(load, figure): statistics.median(run[load][figure] for run in each) for load in LOADS
               for figure in FIGURES}
        for name, each in runs.items()
    }  # fmt: skip
    how = (
        f"{len(COLOURS)} prompts in turn, {TOKENS} tokens each, greedy, streamed; {SECONDS} s for each load; medians "
        f"of {ROUNDS} rounds. In brackets the ratio to the light engine."
    )
    lines = [HEAD, how, ""]
    for load in LOADS:
        lines += [f"## {load} at a time", "", "| server | tokens a second | TTFT p50 | ITL p50 |", "|---|--:|--:|--:|"]
        for name, figures in middle.items():
            cells = []
            for figure, unit in zip(FIGURES, ("", " ms", " ms"), strict=True):
                own, ours = figures[load, figure], middle[OURS][load, figure]
                ratio = f" ({own / ours:.2f})" if name != OURS and ours else ""
                cells.append(f"{own:,.4g}{unit}{ratio}")
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    absent = [server.name for server in SERVERS if server.name not in runs]
    if absent:
        lines += [f"Not measured: {', '.join(absent)}.", ""]
    packages = (("transformers", "transformers"), ("vllm", "vllm"))
    versions = ", ".join(filter(None, (_version(*each) for each in packages)))
    day = datetime.now().astimezone().date().isoformat()
    where = (
        f"Measured on {day}, {platform.machine()}: {os.cpu_count()} processors shared by server and client, "
        f"load average {os.getloadavg()[2]:.0f} in all. Versions: {versions}."
    )
    return [*lines, where]


def _version(environment: str, package: str) -> str:
    python = ENVIRONMENTS / environment / "bin" / "python"
    if not python.exists():
        return ""
    code = f"from importlib.metadata import version; print('{package}', version('{package}'))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
