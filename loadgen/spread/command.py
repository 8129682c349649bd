"""`loadgen --distributed`: one run over many machines, reported like any other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.render.live import open_view
from seatrial.loadgen.spread.conduct import conduct
from seatrial.loadgen.spread.crew import Crew, MasterEnded
from seatrial.loadgen.spread.master import MasterOptions, open_master

if TYPE_CHECKING:
    import argparse

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.plan import Plan
    from seatrial.loadgen.recipe import Recipe
    from seatrial.loadgen.snapshot import Snapshot

__all__ = ["run_distributed"]


def run_distributed(options: argparse.Namespace, recipe: Recipe, plan: Plan) -> Observed:
    """Start a master, wait for workers, put the load on.

    Args:
        options: the command line.
        recipe: what is sent.
        plan: of the whole run.

    Raises:
        UsageError: the master cannot start, too few workers have joined in time, or one of them cannot begin.
    """
    master = MasterOptions(
        options.expect_workers, options.master_bind_host, options.master_bind_port, options.web_host, options.web_port
    )

    def tell(sentence: str) -> None:
        if not options.quiet:
            sys.stderr.write(f"loadgen: {sentence}\n")

    with open_master(master) as wire:
        tell(_invitation(master))
        crew = Crew(wire, master.expected)
        try:
            crew.gather(options.expect_workers_max_wait, tell)
            return _run(crew, recipe, plan, quiet=options.quiet)
        except MasterEnded:
            raise UsageError("the Locust master ended before the load began: start the run again.") from None


def _run(crew: Crew, recipe: Recipe, plan: Plan, *, quiet: bool) -> Observed:
    with open_view(sys.stderr, title=recipe.target.display, live=plan.live, quiet=quiet) as view:

        def update(snapshot: Snapshot) -> bool:
            view.update(snapshot)
            return False

        return conduct(crew, recipe, plan, update)


def _invitation(master: MasterOptions) -> str:
    port = "" if master.port == MasterOptions.port else f" --master-port {master.port}"
    web = "" if master.web_port is None else f"; Locust's web UI: http://{master.web_host}:{master.web_port}"
    return (
        f"waiting for {master.expected} worker{'' if master.expected == 1 else 's'}; on each machine: "
        f"locust -f - --worker --master-host THIS-HOST{port}{web}"
    )
