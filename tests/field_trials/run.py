"""`make field-trials`: certifies servers that nobody here wrote, as images and as processes.

Every result is compared with the published one, in `docs/field-trials/`; `--update` publishes it instead. A finding is
published together with the note of whoever checked it against the real server, so one without a note fails the run.
A trial that differs is run once more before it counts: a busy machine makes servers late.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from field_trials.again import judged_again
from field_trials.evidence import pack
from field_trials.index import index
from field_trials.page import page, what_notes_lack
from field_trials.published import INDEX, archive_of, differences, page_of, publish, read_published, summary
from field_trials.servers import Server, servers
from field_trials.trial import Kind, TrialFailed, report_folder, trial
from field_trials.workshop import WorkshopError, engine_answers, make_environment, make_image, versions

from seatrial.reference_server.images.base import BaseImageError
from seatrial.reference_server.images.build import BuildError
from seatrial.reports.json_report import ResultFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from field_trials.published import Published, Trial


def main(words: Sequence[str] | None = None) -> int:
    """Run the trials; 1 where a result is not the published one, or a finding has no note; 2 where one cannot run."""
    given = _parser().parse_args(words)
    kinds = [Kind(kind) for kind in given.kind or Kind]
    wanted = given.server or [server.name for server in servers() if not server.opt_in]
    chosen = [server for server in servers() if server.name in wanted]
    complaints: list[str] = []
    try:
        if not given.pages:
            complaints = _field_trials(chosen, _possible(kinds), update=given.update)
        if given.pages or given.update:
            complaints += _write_pages()
    except (WorkshopError, TrialFailed, BuildError, BaseImageError, ResultFileError) as error:
        sys.stderr.write(f"field trials: {error}\n")
        return 2
    for complaint in complaints:
        _say(complaint)
    _say(f"field trials: {f'{len(complaints)} complaints' if complaints else 'as published'}")
    return int(bool(complaints))


def _possible(kinds: list[Kind]) -> list[Kind]:
    """The kinds that can be tried here, after telling what is in the way."""
    if (load := os.getloadavg()[0]) > (os.cpu_count() or 1):
        _say(f"this machine is busy (load {load:.0f}): servers may be late, and findings with them")
    if Kind.IMAGE in kinds and not engine_answers():
        _say("no Docker engine answers: the servers are tried as processes alone")
        return [kind for kind in kinds if kind is not Kind.IMAGE]
    return kinds


def _field_trials(chosen: Iterable[Server], kinds: Iterable[Kind], *, update: bool) -> list[str]:
    """Try each server as each kind; how the results differ from those that were published."""
    complaints: list[str] = []
    for server in chosen:
        make_environment(server)
        for kind in (kind for kind in kinds if kind in server.kinds):
            if kind is Kind.IMAGE:
                make_image(server)
            if update:
                _publish(server, kind)
            else:
                complaints += [f"{server.name} as {kind}: {other}" for other in _compared(server, kind)]
    return complaints


def _compared(server: Server, kind: Kind) -> list[str]:
    """How the verdicts of a trial differ from the published ones."""
    known = read_published(server).trials.get(kind)
    found = summary(trial(server, kind))
    if known is None:
        return ["nothing was published: look at it, then run this with --update"]
    if others := differences(known, found):
        _say(f"{server.name} as {kind}: {len(others)} verdicts differ from the published ones; once more")
        others = differences(known, summary(trial(server, kind)))
    return others


def _publish(server: Server, kind: Kind) -> None:
    """Put the result and the evidence of a trial in the place of those that were published."""
    known = read_published(server)
    fresh = summary(trial(server, kind))
    publish(server, replace(known, versions=versions(server), trials=_in_order({**known.trials, kind: fresh})))
    pack(report_folder(server, kind) / "evidence", archive_of(server, kind))


def _write_pages() -> list[str]:
    """Judge all published evidence again, and write the pages; what notes lack."""
    complaints: list[str] = []
    every: dict[str, Published] = {}
    for server in servers():
        known = every[server.name] = read_published(server)
        if not known.trials:
            continue  # it was never tried
        results = {kind: judged_again(server, kind) for kind in Kind if kind in known.trials}
        # Where and when stays; the verdicts are those of the suites as they are now.
        trials = {
            kind: replace(summary(result), machine=known.trials[kind].machine) for kind, result in results.items()
        }
        known = replace(known, trials=_in_order({**known.trials, **trials}))
        publish(server, known)
        page_of(server).write_text(
            page(server, known, {str(kind): result for kind, result in results.items()}), "utf-8"
        )
        complaints += what_notes_lack(server, known)
        every[server.name] = known
    INDEX.write_text(index(servers(), every), "utf-8")
    return complaints


def _in_order(trials: dict[str, Trial]) -> dict[str, Trial]:
    return {str(kind): trials[kind] for kind in Kind if kind in trials}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="field-trials", description=(__doc__ or "").partition("\n")[0])
    names = [server.name for server in servers()]
    parser.add_argument("--server", action="append", choices=names, help="only this one; what is slow, only so")
    parser.add_argument("--kind", action="append", choices=[str(kind) for kind in Kind], help="only as this")
    parser.add_argument("--update", action="store_true", help="publish the results instead of comparing them")
    parser.add_argument(
        "--pages", action="store_true", help="run nothing: judge the published evidence again, and write the pages anew"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
