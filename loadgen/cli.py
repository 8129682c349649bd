"""The command `loadgen`: reads the command line, runs, judges, prints, and ends with the documented exit code."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

from seatrial import __version__
from seatrial.loadgen.assemble import assemble
from seatrial.loadgen.cost import price_of
from seatrial.loadgen.gpu import GpuSampler
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.mistakes import TargetUnreachable, UsageError
from seatrial.loadgen.options import build_parser, read_plan
from seatrial.loadgen.render.busiest import Busiest
from seatrial.loadgen.render.live import open_view
from seatrial.loadgen.render.scrub import scrub
from seatrial.loadgen.render.text import print_result
from seatrial.loadgen.render.write import check_outputs, write_outputs
from seatrial.loadgen.run import run
from seatrial.loadgen.slo import parse_slos
from seatrial.loadgen.snapshot import Snapshot, Watch
from seatrial.loadgen.target.hiding import hide_credentials

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from seatrial.loadgen.assemble import Assembled
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Gpu
    from seatrial.loadgen.run import Scene

__all__ = ["main"]

USAGE, MISSED, INTERRUPTED = 2, 1, 130
FAR = 1 << 60
"""ns: a schedule that long is ended by its number of requests."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except UsageError as error:
        sys.stderr.write(f"loadgen: {error}\n")
        return USAGE
    except TargetUnreachable as error:
        sys.stderr.write(f"loadgen: {error}\n")
        return MISSED
    except KeyboardInterrupt:
        sys.stderr.write("loadgen: interrupted before the load began; nothing was measured\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output is gone: nothing can be said any more, not even by the interpreter at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISSED


def _dispatch(words: list[str]) -> int:
    if words[:1] == ["compare"]:
        from seatrial.loadgen.compare.command import main as compare  # noqa: PLC0415  (a run needs nothing of it)

        return compare(words[1:])
    parser = build_parser()
    options = parser.parse_args(words)
    if options.help or not words:
        parser.print_help()
        return 0
    if options.version:
        sys.stdout.write(f"loadgen {__version__}\n")
        return 0
    plan = read_plan(options, _command(words, options))
    parse_slos(plan.slos, open_loop=plan.load.open_loop)
    if plan.instance_type and plan.price_per_hour is None:
        price_of(plan.instance_type)
    check_outputs(plan.outputs)
    if options.distributed:
        from seatrial.loadgen.spread.master import require_locust  # noqa: PLC0415  (a run needs nothing of it)

        require_locust()
    assembled = assemble(options, plan, os.environ)
    if options.find_capacity:
        from seatrial.loadgen.capacity.command import search_capacity  # noqa: PLC0415  (a run needs nothing of it)

        return search_capacity(assembled.job, quiet=options.quiet)
    if options.distributed:
        from seatrial.loadgen.spread.command import run_distributed  # noqa: PLC0415  (a run needs nothing of it)

        return _report(assembled, run_distributed(options, assembled.recipe, plan))
    return _one_run(assembled, quiet=options.quiet, local_gpus=options.local_gpus)


def _one_run(assembled: Assembled, *, quiet: bool, local_gpus: bool) -> int:
    job = assembled.job
    sampler = GpuSampler.for_host("localhost" if local_gpus else job.traffic.authority.host)

    def watch(scene: Scene) -> Callable[[], bool]:
        if sampler:  # a thread, so it begins once the engines are forked
            sampler.start()
        return _follow(scene, view.update)

    with open_view(sys.stderr, title=job.target, live=job.plan.live, quiet=quiet) as view:
        observed = run(job, watch)
    return _report(assembled, observed, gpus=sampler.stop() if sampler else ())


def _report(assembled: Assembled, observed: Observed, *, gpus: tuple[Gpu, ...] = ()) -> int:
    """Judge, print, write, and return the exit code."""
    judged = dataclasses.replace(judge(measure(observed), observed), gpus=gpus)
    result = scrub(judged, assembled.secrets)
    print_result(result, sys.stdout)
    for path in write_outputs(result, observed, observed.plan.outputs, assembled.secrets):
        sys.stderr.write(f"wrote {path}\n")
    return result.verdict.exit_code


def _follow(scene: Scene, update: Callable[[Snapshot], None]) -> Callable[[], bool]:
    """Return what draws the run as it stands; it never ends it."""
    load = scene.plan.load
    total_s = (scene.end - scene.origin) / 1e9 if scene.end - scene.origin < FAR else None
    watch = Watch(
        scene.records, scene.origin, open_loop=load.open_loop, slices=scene.slices, total_s=total_s,
        total_requests=load.requests, warmup_s=load.warmup_s,
    )  # fmt: skip

    busiest = Busiest()

    def look() -> bool:
        now = time.monotonic_ns()
        update(watch.snapshot(now, busiest(now)))
        return False

    return look


def _command(words: list[str], options: argparse.Namespace) -> str:
    """Return the command line as reports show it: what may be secret is masked."""
    shown = list(words)
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        if before in {"-k", "-H"}:
            shown[at] = _masked(before, word)
        elif word[:2] in {"-k", "-H"} and len(word) > 2:
            shown[at] = word[:2] + _masked(word[:2], word[2:])
        elif word in {options.endpoint, options.router}:
            shown[at] = hide_credentials(word)
    return shlex.join(["loadgen", *shown])


def _masked(option: str, value: str) -> str:
    return f"{value.partition(':')[0]}: ***" if option == "-H" else "***"
