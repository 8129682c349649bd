"""Benchmarks from outside, as users run them, against real servers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from support.berth import Berth, Ended

__all__ = ["ECHO", "LLM", "QUICK", "bench", "document"]

SERVE = f"{sys.executable} -m seatrial.reference_server serve --port {{port}}"
ECHO, LLM = f"{SERVE} --model echo", f"{SERVE} --model sample-llm"
QUICK = ("--concurrency", "1,2", "--duration", "1", "--warmup", "0")


def bench(berth: Berth, *words: str) -> Ended:
    """`seatrial bench …`."""
    return berth.run_module("bench", *words)


def document(berth: Berth, name: str = "out.json") -> dict[str, Any]:
    """The JSON that a benchmark wrote."""
    value: dict[str, Any] = msgspec.json.decode((berth.folder / name).read_bytes())
    return value
