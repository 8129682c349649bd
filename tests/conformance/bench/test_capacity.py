"""The capacity under objectives, against servers whose capacity is known."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from support.benches import document

if TYPE_CHECKING:
    from support.berth import Berth

SERVER = f"{sys.executable} {Path(__file__).resolve().parent / 'servers.py'} {{port}}"

DEADLINE = 300.0
"""Seconds: a search is ten to twenty steps of up to four times their length."""


def test_the_capacity_of_a_server_that_does_one_request_in_forty_milliseconds(berth: Berth) -> None:
    words = ("--concurrency", "4", "--duration", "2", "--warmup", "0", "--slo", "p90<400ms", "--json", "out.json")
    command = (sys.executable, "-m", "seatrial.conformance", "bench", "--process", f"{SERVER} hold=0.04", *words)
    process = berth.start(*command)
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    result = document(berth)
    search = result["search"]
    # What the machine does besides can spoil single rates, never show more than there is.
    assert process.returncode in {0, 12}, err
    assert search["rate"] is None or 5 <= search["rate"] <= 27
    assert f"capacity  {search['words'][:20]}" in out
    if process.returncode == 0:
        at = result["at_capacity"]
        assert (at["concurrency"], at["rate"]) == (None, search["interval"]["low"] or search["rate"])
        assert at["load"]["facts"]["open_loop"] is True
