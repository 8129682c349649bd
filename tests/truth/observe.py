"""Runs the load generator as its command line does, and keeps what it observed beside what it reports.

    python -m truth.observe FILE -d 2 -rps 500 -e URL …        FILE gets the columns of the run as an .npz

The CSV that users get tells times from the first intended one; to be held against the log of a server they must be
absolute, and these are.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.loadgen.assemble import assemble
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.observed import Observed
from seatrial.loadgen.options import build_parser, read_plan
from seatrial.loadgen.record import COLUMNS
from seatrial.loadgen.result import Result
from seatrial.loadgen.run import run
from truth.log import Times

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.loadgen.record import Records

__all__ = ["Saved", "Seen", "load", "observe"]


@dataclass(frozen=True)
class Seen:
    """What a run observed and what it says of it."""

    observed: Observed
    result: Result

    @property
    def records(self) -> Records:
        """One row a request."""
        return self.observed.records


def observe(*words: str) -> Seen:
    """Run `loadgen WORDS` without its output."""
    options = build_parser().parse_args(words)
    assembled = assemble(options, read_plan(options, "loadgen"), os.environ)
    observed = run(assembled.job)
    return Seen(observed, judge(measure(observed), observed))


@dataclass(frozen=True)
class Saved:
    """A run of another process, read back.

    Attributes:
        columns: of the records, by name.
        token_row, token_offset, token_stamp: of the streams.
        result: what `--json` writes.
    """

    columns: dict[str, Times]
    token_row: Times
    token_offset: Times
    token_stamp: Times
    result: dict[str, Any]


def load(file: Path) -> Saved:
    """Read what the command left."""
    with np.load(file) as kept:
        columns = {name: kept[name] for name, _ in COLUMNS}
        tokens = (kept["token_row"], kept["token_offset"], kept["token_stamp"])
        return Saved(columns, *tokens, json.loads(kept["result"].tobytes()))


def main(file: str, *words: str) -> int:
    """Run, and save everything."""
    seen = observe(*words)
    tokens = seen.observed.tokens
    columns: dict[str, Any] = {name: np.asarray(getattr(seen.records, name)) for name, _ in COLUMNS}
    np.savez(
        file,
        result=np.frombuffer(json.dumps(seen.result.to_json()).encode(), np.uint8),
        token_row=tokens.row,
        token_offset=tokens.offset,
        token_stamp=tokens.stamp,
        **columns,
    )
    return seen.result.verdict.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
