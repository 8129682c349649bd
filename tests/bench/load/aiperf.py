"""AIPerf, where it was asked for: what it says of TTFT and of the gaps between tokens, beside the truth, on one core.

It is made to spread over many cores, and one is our yardstick, not its own. It comes with 140 packages, so it gets an
environment of its own, made once; no torch is among them. It needs a tokenizer and may not fetch one: a list of the
words that the ground truth says is enough.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench.load.child import SERVER, run
from bench.load.clients import scratch
from bench.load.figure import Figure
from truth.log import percentile
from truth.serve import Form, serve

if TYPE_CHECKING:
    from truth.log import Log

__all__ = ["aiperf"]

PACKAGE = "aiperf==0.13.0"
NUMBERS = (50, 200, 500)


@dataclass(frozen=True)
class Told:
    """Percentiles in ms: of TTFT and of the gaps between tokens."""

    ttft50: float
    ttft99: float
    itl50: float
    itl99: float


def _installed() -> Path:
    """Return the command, from an environment that is made where it is not there yet."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "seatrial" / PACKAGE.replace("==", "-")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not (folder / "bin" / "aiperf").exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        env = {**os.environ, "VIRTUAL_ENV": str(folder)}
        subprocess.run([uv, "pip", "install", "--quiet", PACKAGE], env=env, check=True)
    return folder / "bin" / "aiperf"


def _tokenizer(folder: Path) -> Path:
    """Write a tokenizer that knows the words `t1`, `t2` … and nothing else."""
    folder.mkdir()
    words = {"[UNK]": 0, **{f"t{number}": number for number in range(1, 1000)}}
    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    parts = {"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"}, "model": model, "added_tokens": []}
    named = dict.fromkeys(("unk_token", "bos_token", "eos_token"), "[UNK]")
    (folder / "tokenizer.json").write_text(json.dumps(parts))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **named}))
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    return folder


def _truth(log: Log) -> Told:
    streams = log.streams()
    first = np.sort(np.array([stream[0] for stream in streams])) - np.sort(log.requests.arrived)
    gaps = np.concatenate([np.diff(stream) for stream in streams])
    values = (percentile(each / 1e6, share) for each in (first, gaps) for share in (50, 99))
    return Told(*values)


def _one(command: Path, number: int) -> tuple[Told, Told]:
    """Run as many streams as named within a second; return what is told and the truth."""
    with scratch() as folder, serve(Form.C, SERVER) as truth:
        words = ["profile", "-m", "truth", "-u", truth.url, "--endpoint-type", "chat", "--streaming", "--ui", "none"]
        words += ["--tokenizer", str(_tokenizer(folder / "words")), "--synthetic-input-tokens-mean", "10"]
        words += ["--request-rate", f"{number}", "--arrival-pattern", "constant", "--request-count", f"{number}"]
        run([str(command), *words, "--artifact-dir", str(folder / "out")])
        log = truth.stop()
        told = json.loads((folder / "out" / "profile_export_aiperf.json").read_bytes())
    ttft, itl = told["time_to_first_token"], told["inter_token_latency"]
    return Told(ttft["p50"], ttft["p99"], itl["p50"], itl["p99"]), _truth(log)


def aiperf(rounds: int) -> list[Figure]:
    """Run each number of streams once: one run takes half a minute, most of it its own start."""
    del rounds
    command = _installed()
    figures = []
    for number in NUMBERS:
        told, truth = _one(command, number)
        words = (
            f"TTFT p50 / p99 {told.ttft50:.1f} / {told.ttft99:.1f} ms of {truth.ttft50:.1f} / {truth.ttft99:.1f}; "
            f"ITL {told.itl50:.2f} / {told.itl99:.2f} ms of {truth.itl50:.2f} / {truth.itl99:.2f}"
        )
        what = f"AIPerf on one core, added to TTFT at {number} streams, p50"
        figures.append(Figure(what, told.ttft50 - truth.ttft50, "ms", seen=words))
    return figures


if __name__ == "__main__":
    for figure in aiperf(1):
        sys.stdout.write(f"{figure}\n")
