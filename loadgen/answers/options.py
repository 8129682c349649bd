"""The options that say what a good answer is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.loadgen.answers.checks import Checks
from seatrial.loadgen.answers.expectation import Expectation
from seatrial.loadgen.answers.paths import PathCheck
from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["add_arguments", "from_arguments"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the checks, in a group of their own."""
    group = parser.add_argument_group("what a good answer is", "Any 2xx is, where nothing more is asked.")
    group.add_argument("--expect-status", metavar="CODES", help="statuses that are good, such as 200,204; no other is")
    group.add_argument(
        "--expect-json", metavar="PATH[=VALUE]", action="append", default=[],
        help="a dotted path that the JSON must have, such as predictions.0, and the value there; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--expect-body", metavar="FILE", type=Path,
        help="the right answer: JSON by value, numbers within a millionth, everything else to the byte",
    )  # fmt: skip


def from_arguments(options: argparse.Namespace, expected: Sequence[bytes | None] | None = None) -> Checks:
    """Return the checks that are asked for.

    Args:
        options: parsed by a parser that `add_arguments` was called with.
        expected: the right answer to each payload as JSON, from a dataset.

    Raises:
        UsageError: a status that is none, an empty path, a file that cannot be read.
    """
    return Checks(
        statuses=_statuses(options.expect_status) if options.expect_status is not None else frozenset(),
        paths=tuple(PathCheck.parse(text) for text in options.expect_json),
        body=_body(options.expect_body) if options.expect_body is not None else None,
        expected=tuple(None if one is None else Expectation.of_json(one) for one in expected or ()),
    )


def _statuses(text: str) -> frozenset[int]:
    codes = [code.strip() for code in text.split(",")]
    for code in codes:
        if not (code.isdecimal() and 200 <= int(code) <= 599):
            raise UsageError(
                f"--expect-status {text}: {code!r} is no status; write some from 200 to 599, such as 200,204."
            )
    return frozenset(map(int, codes))


def _body(path: Path) -> Expectation:
    try:
        return Expectation.of_file(path.read_bytes(), path.name)
    except OSError as error:
        raise UsageError(
            f"--expect-body {path} cannot be read ({error.strerror}); name a file that holds the right answer."
        ) from None
