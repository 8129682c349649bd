"""Finds each request of a run in the log of the server that got it, by nothing but its length."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.loadgen.record import Records
    from truth.log import Log, Requests

__all__ = ["found", "marked_bodies", "of_the_run"]


def marked_bodies(file: Path, count: int) -> Path:
    """Write a data set whose bodies are 1, 2, 3 … bytes long, and return the file."""
    file.write_text("".join(json.dumps({"body": "x" * length}) + "\n" for length in range(1, count + 1)))
    return file


def of_the_run(log: Log) -> Requests:
    """The requests of the run: the very first is sent before it, to learn that something answers."""
    return log.requests.take(slice(1, None))


def found(records: Records, log: Log) -> Requests:
    """The server's rows in the order of the records; every record must be there exactly once.

    Args:
        records: of a run with at most as many requests as there were marked bodies, all of them sent.
        log: of a server that nobody else called.
    """
    requests = of_the_run(log)
    place = np.argsort(requests.received, kind="stable")
    lengths = requests.received[place]
    assert np.array_equal(lengths, np.sort(records.payload) + 1), "each request arrived exactly once"
    return requests.take(place[np.searchsorted(lengths, records.payload + 1)])
