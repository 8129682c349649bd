"""The command line: what each option is called, what it takes, and which of them contradict each other.

No abbreviations, and no `-r`: `-rps` is never misread.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from seatrial.loadgen.answers import options as answer_options
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import options as payload_options
from seatrial.loadgen.plan import Arrivals, Load, Outputs, Plan, Ramp

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "read_plan"]

USAGE = """loadgen -n 1000 -rps 0.5 -e http://127.0.0.1:8080     requests at a rate: an open loop
       loadgen -d 60 -c 64 -e …                               so many at a time: a closed loop
       loadgen --find-capacity --slo 'p99<200ms' -e …         the highest rate that keeps the objectives
       loadgen compare A.json B.json                          are two runs different?"""
EXIT_CODES = """exit codes: 0 objectives met, 1 missed or nothing could be reached, 2 usage,
            3 the run is INVALID as this client was not fit, 130 interrupted"""
UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class _Parser(argparse.ArgumentParser):
    """Raises what it would print, and takes no half of an option."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]  # argparse overloads it by the kind of namespace
        """Refuse `-r` and `-rp`: `allow_abbrev=False` speaks of options with two dashes only."""
        for word in sys.argv[1:] if args is None else args:
            if word in {"-r", "-rp"}:
                self.error(f"there is no option {word}, a rate is -rps RATE")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; loadgen --help lists every option.")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of a run."""
    parser = _Parser(
        prog="loadgen", usage=USAGE, epilog=EXIT_CODES, allow_abbrev=False, add_help=False,
        description="Puts load on a model server and says what it did, or that it could not be measured.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    _add_target(parser)
    _add_load(parser)
    payload_options.add_arguments(parser)
    answer_options.add_arguments(parser)
    _add_judging(parser)
    _add_spreading(parser)
    return parser


def _add_target(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("where to").add_argument
    add("-e", dest="endpoint", metavar="URL", help="http(s)://HOST:PORT[/PATH] (/invocations where it names no path), "
        "sagemaker://ENDPOINT?variant=…&component=…, or the name of a group with --router")  # fmt: skip
    add("--path", help="path and query of the request")
    add("--method", default="POST", help="default: POST")
    add("-H", dest="headers", metavar="'NAME: VALUE'", action="append", default=[], help="a header; repeatable")
    add("-k", dest="key", metavar="KEY", help="API key, sent as a bearer token; better in SEATRIAL_API_KEY, as a "
        "process list shows arguments")  # fmt: skip
    add("--router", metavar="URL", help="what names a worker for each request to the group of -e")
    add("--insecure", action="store_true", help="take certificates that do not hold")
    add("--timeout", type=_duration, default=60.0, metavar="TIME", help="of one request (default: 60s)")


def _add_load(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how much, how fast").add_argument
    add("-n", dest="requests", type=_whole, metavar="N", help="requests in all")
    add("-d", dest="duration", type=_duration, metavar="TIME", help="how long: 60, 90s, 5m, 1h")
    add("-rps", dest="rate", type=_positive, metavar="RATE", help="requests a second, whatever the server does")
    add("-c", dest="concurrency", type=_whole, metavar="N", help="requests at a time, each after an answer")
    add("--arrivals", choices=[each.value for each in Arrivals if each is not Arrivals.TRACE], default="constant",
        help="rhythm of -rps and --ramp (default: constant)")  # fmt: skip
    add("--burstiness", type=_positive, metavar="X", help="shape of gamma gaps, below 1 is burstier (default: 0.5), or "
        "requests a burst (default: 10)")  # fmt: skip
    add("--ramp", type=_ramp, metavar="FROM:TO", help="a rate that moves in equal steps of a second")
    add("--trace", type=Path, metavar="FILE", help="CSV or JSON lines with `timestamp` in seconds, and `payload`")
    add("--warmup", type=_duration, default=0.0, metavar="TIME", help="sent before, and not counted")
    add("--max-connections", type=_whole, default=1000, metavar="N", help="default: 1000")
    add("--seed", type=int, default=0, help="of every random draw (default: 0)")


def _add_judging(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is judged, and where it is written").add_argument
    add("--slo", dest="slos", action="append", default=[], metavar="OBJECTIVE",
        help="such as 'p99<200ms', 'ttft:p95<500ms', 'errors<0.1%%'; repeatable (default: 'errors<1%%')")  # fmt: skip
    add("--find-capacity", action="store_true", help="search the highest rate that keeps the objectives; -rps is where "
        "the search begins, -d the length of a step")  # fmt: skip
    add("--instance-type", metavar="TYPE", help="such as ml.g5.2xlarge: adds the cost by its list price")
    add("--price-per-hour", type=_positive, metavar="USD", help="of the server: adds the cost")
    add("--local-gpus", action="store_true", help="the server is on this machine whatever its address, such as a "
        "container's: reads the GPUs of this machine")  # fmt: skip
    for name, what in (("json", "the result"), ("csv", "one row a request"), ("html", "one page with charts"),
                       ("prometheus", "text exposition")):  # fmt: skip
        add(f"--{name}", type=Path, metavar="FILE", help=what)
    add("--no-live", dest="live", action="store_false", help="a line now and then instead of the live view")
    add("--quiet", action="store_true", help="nothing but the result")
    add("--version", action="store_true", help="print the version")
    add("-h", "--help", action="store_true", help="print this")


def _add_spreading(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("many cores, many machines").add_argument
    add("--workers", type=_whole, default=1, metavar="N", help="processes on this machine, or with --distributed on "
        "each (default: 1)")  # fmt: skip
    add("--distributed", action="store_true", help="put the load on from other machines; on each: locust -f - --worker "
        "--master-host THIS-HOST")  # fmt: skip
    add("--expect-workers", type=_whole, metavar="N", help="begin when so many machines have joined (default: 1)")
    add("--expect-workers-max-wait", type=_duration, metavar="TIME", help="give up after that (default: 60s)")
    add("--master-bind-host", metavar="HOST", help="interface on which machines join (default: all)")
    add("--master-bind-port", type=_port, metavar="PORT", help="default: 5557")
    add("--web-host", metavar="HOST", help="interface of Locust's web UI (default: 127.0.0.1)")
    add("--web-port", type=_port, metavar="PORT", help="show the run in Locust's web UI as well")


def read_plan(options: argparse.Namespace, command: str) -> Plan:
    """Check what the options say together.

    Raises:
        UsageError: no load, no end, or two options that contradict each other.
    """
    _refuse_contradictions(options)
    _refuse_lonely(options)
    load = Load(
        requests=options.requests, duration_s=options.duration, rate=options.rate, concurrency=options.concurrency,
        arrivals=Arrivals(options.arrivals), burstiness=_burstiness(options), ramp=options.ramp, trace=options.trace,
        warmup_s=options.warmup, max_connections=max(options.max_connections, options.concurrency or 0),
        seed=options.seed,
    )  # fmt: skip
    if options.concurrency is not None and options.workers > options.concurrency:
        raise UsageError(f"--workers {options.workers} is more than -c {options.concurrency}: each needs one at least.")
    return Plan(
        load, timeout_s=options.timeout, workers=options.workers, slos=tuple(options.slos),
        price_per_hour=options.price_per_hour, instance_type=options.instance_type, live=options.live, command=command,
        outputs=Outputs(json=options.json, csv=options.csv, html=options.html, prometheus=options.prometheus),
    )  # fmt: skip


def _refuse_lonely(options: argparse.Namespace) -> None:
    """Refuse what only makes sense with other machines; fill in what was not given."""
    defaults = {
        "expect_workers": 1, "expect_workers_max_wait": 60.0, "master_bind_host": "*", "master_bind_port": 5557,
        "web_host": "127.0.0.1", "web_port": None,
    }  # fmt: skip
    for name, default in defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, default)
        elif not options.distributed:
            raise UsageError(f"--{name.replace('_', '-')} goes with --distributed; give that too, or leave it out.")
    if options.distributed and options.find_capacity:
        raise UsageError("--find-capacity searches from one machine: leave out --distributed, and use --workers.")


def _refuse_contradictions(options: argparse.Namespace) -> None:
    paces = {"-rps": options.rate, "-c": options.concurrency, "--ramp": options.ramp, "--trace": options.trace}
    given = [name for name, value in paces.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} both say how fast; give one of them.")
    if options.find_capacity:
        if given and given != ["-rps"]:
            raise UsageError(f"--find-capacity chooses the rate itself and has no use for {given[0]}; leave it out.")
        if options.requests is not None:
            raise UsageError("--find-capacity has no use for -n; -d says how long each step lasts.")
    elif not given:
        raise UsageError("say how fast: -rps RATE for an open loop, or -c N for a closed one.")
    elif options.requests is None and options.duration is None and options.trace is None:
        raise UsageError("say how much: -n REQUESTS or -d TIME.")
    _refuse_rhythms(options, given)


def _refuse_rhythms(options: argparse.Namespace, given: list[str]) -> None:
    if options.burstiness is not None and options.arrivals not in {"gamma", "burst"}:
        raise UsageError(f"--burstiness goes with --arrivals gamma or burst, not with {options.arrivals}.")
    if options.arrivals != "constant" and (options.concurrency is not None or options.trace is not None):
        raise UsageError(f"--arrivals {options.arrivals} goes with -rps or --ramp, not with {given[0]}.")
    if options.ramp and options.requests is not None and options.duration is not None:
        raise UsageError("--ramp with -n and -d says the same twice; leave out one of them.")


def _burstiness(options: argparse.Namespace) -> float | None:
    if options.burstiness is not None:
        return float(options.burstiness)
    return {"gamma": 0.5, "burst": 10.0}.get(options.arrivals)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 1 to 65535")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 < number < math.inf):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _duration(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)", text.strip())
    if not match or match[2] not in UNITS or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 60, 90s, 5m or 1h")
    return float(match[1]) * UNITS[match[2]]


def _ramp(text: str) -> Ramp:
    first, colon, last = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is no ramp; write FROM:TO, such as 1:50")
    return Ramp(_positive(first), _positive(last))
