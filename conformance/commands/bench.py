"""`seatrial bench IMG`: how much load a subject carries, how quickly, at what cost, and whether that got worse."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from seatrial.conformance.bench.payload import Prompts
from seatrial.conformance.bench.session import INTERRUPTED, MISSED, BenchOptions, NotReady, bench
from seatrial.conformance.commands.certify import add_trial_options
from seatrial.conformance.commands.up import LAUNCH_OPTIONS
from seatrial.conformance.options import OptionError
from seatrial.conformance.plugin import OPTIONS, SUBJECTS
from seatrial.conformance.session.options import read_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from seatrial.conformance.bench.result import Performance

__all__ = ["add_arguments", "run"]

REPORTER = "seatrial.reports.performance.reporter"
"""Loaded by its name like the reporter of a trial: the harness imports no renderer."""
ELSEWHERE = tuple(option for option in SUBJECTS if option.name in {"trial-process", "trial-endpoint"})
ALSO = {"trial-sample", "trial-stream-sample", "trial-public-env", "trial-insecure"}
EXIT_CODES = (
    "exit codes: 0 measured, 1 an objective missed or the subject failed, 4 a mistake in the options or the subject, "
    "12 the engine failed or the client was not fit, 13 worse than the baseline, 130 interrupted"
)


class Reporter(Protocol):
    """What a reporter of benchmarks offers."""

    def check(self, folder: Path | None, file: Path | None) -> None:
        """Refuse, before anything is started, places that cannot be written."""

    def say(self, line: str) -> None:
        """Tell what goes on."""

    def show(self, performance: Performance) -> None:
        """Print the result."""

    def write(self, performance: Performance, folder: Path | None, file: Path | None) -> None:
        """Write the report folder and the JSON file, those that were asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subject and what it is given, in the words of `certify`; how it is measured, in those of `loadgen`."""
    add = parser.add_argument
    add("image", nargs="?", metavar="IMG", help="an image of the local Docker engine")
    given = (option for option in OPTIONS if option in LAUNCH_OPTIONS or option.name in ALSO)
    add_trial_options(parser, (*ELSEWHERE, *given))
    add("--concurrency", default="1,4,16", metavar="N,N", help="requests at a time, a run each (default: 1,4,16)")
    add("--duration", default="10", metavar="SECONDS", help="of each run (default: 10)")
    add("--warmup", default="2", metavar="SECONDS", help="before each run, not counted (default: 2)")
    add("--slo", action="append", default=[], metavar="OBJECTIVE", help="such as 'p99<200ms', 'ttft:p95<500ms', "
        "'itl:p99<50ms': searches the highest rate that keeps them; repeatable")  # fmt: skip
    add("--prompt-tokens", metavar="N", help="for a language model: prompts of about so many tokens (default: 64)")
    add("--max-tokens", metavar="N", help="for a language model: most tokens of an answer (default: 64)")
    add("--instance-type", metavar="TYPE", help="such as ml.g5.2xlarge: adds the cost by its list price")
    add("--price-per-hour", metavar="USD", help="of the server: adds the cost")
    add("--baseline", type=Path, metavar="FILE", help="an earlier performance.json: exit code 13 where this is worse")
    add("--threshold", default="5%", metavar="SHARE", help="smallest change that matters (default: 5%%)")
    add("--force", action="store_true", help="compare with a baseline of another machine, limits or requests")
    add("--report", type=Path, metavar="DIR", help="write performance.json, .html and .md; the report of a trial of "
        "the same image that lies there shows them")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.epilog = EXIT_CODES


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Benchmark; returns the exit code."""
    given = vars(parser.parse_args(words))
    if not any((given["image"], *(given[option.name] for option in ELSEWHERE))):
        parser.error("name an image, or a subject with --process or --endpoint")
    trial = read_options(lambda name: given["image"] if name == "trial-image" else given.get(name))
    wanted = _wanted(given)
    reporter = cast("Reporter", importlib.import_module(REPORTER))
    reporter.check(given["report"], given["json"])
    try:
        performance = bench(trial, wanted, reporter.say)
    except NotReady as failure:
        sys.stderr.write(f"seatrial: {failure}\n")
        return MISSED
    except KeyboardInterrupt:
        sys.stderr.write("seatrial: interrupted before anything was measured\n")
        return INTERRUPTED
    reporter.show(performance)
    reporter.write(performance, given["report"], given["json"])
    return performance.exit_code


def _wanted(given: Mapping[str, object]) -> BenchOptions:
    def text(name: str) -> str:
        return str(given[name] or "")

    prices = [(f"--{name}", text(name.replace("-", "_"))) for name in ("instance-type", "price-per-hour")]
    named = [pair for pair in prices if pair[1]]
    if len(named) > 1:
        raise OptionError("--instance-type and --price-per-hour both say what an hour costs: give one of them")
    lengths = {name: _whole(f"--{name.replace('_', '-')}", text(name)) for name in ("prompt_tokens", "max_tokens")
               if text(name)}  # fmt: skip
    if lengths and (given["trial-sample"] or given["trial-stream-sample"]):
        raise OptionError("--prompt-tokens and --max-tokens make the requests, a sample is one: give either")
    baseline = given["baseline"]
    if given["force"] and baseline is None:
        raise OptionError("--force goes with --baseline: give that too, or leave it out")
    return BenchOptions(
        concurrency=_concurrency(text("concurrency")),
        duration_s=_seconds("--duration", text("duration"), least=1.0),
        warmup_s=_seconds("--warmup", text("warmup"), least=0.0),
        objectives=tuple(cast("list[str]", given["slo"])),
        price=named[0] if named else (),
        prompts=Prompts(**lengths, asked=bool(lengths)),
        baseline=cast("Path | None", baseline),
        threshold=_share(text("threshold")),
        force=bool(given["force"]),
    )


def _concurrency(text: str) -> tuple[int, ...]:
    found = tuple(_whole("--concurrency", part.strip()) for part in text.split(","))
    if len({*found}) < len(found):
        raise OptionError(f"--concurrency {text}: a number stands there twice; each is one run, give it once")
    return found


def _whole(option: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise OptionError(f"{option} {text or 'without a number'}: expected a whole number from 1")
    return int(text)


def _seconds(option: str, text: str, *, least: float) -> float:
    number = _number(text)
    if not least <= number < math.inf:
        raise OptionError(f"{option} {text}: expected seconds, {least:g} at least")
    return number


def _share(text: str) -> str:
    number = _number(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= number < 1:
        raise OptionError(f"--threshold {text}: expected a share below one, such as 5% or 0.05")
    return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
