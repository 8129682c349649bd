"""Causes in what a customer gave to a container that follows model-hosting-container-standards, or in its versions.

What scenarios of that profile saw is read field by field, because the harness imports no suite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut, find_line
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.diagnosis.traces import exception
from seatrial.conformance.subject.logs import LogSummary
from seatrial.conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["FIRST_RULES", "RULES"]

LOST_SINCE = (0, 137)
"""The first FastAPI whose included routers the package no longer finds routes in."""
NOT_MOUNTED = "override-not-mounted"
"""The reason of the clauses whose handler was loaded and does not answer."""
CUSTOM = ("bootstrap.", "handlers.", "spec.", "returns.", "failures.", "middleware.", "injection.", "sessions.")
MISSING_REQUEST = re.compile(r'"loc"\s*:\s*\[\s*"query"\s*,\s*"(request|raw_request|req)"\s*\]')
NOT_AWAITABLE = re.compile(r"object (\w+) can't be used in '?await'? expression")
NO_MODULE = re.compile(r"No module named '(?P<name>[\w.]+)'")
SCRIPT = re.compile(r'^\s*File "(?P<path>[^"]*/model\.py|/opt/ml/model/[^"]+)", line (?P<line>\d+)')
REFUSED_LEVEL = re.compile(r"LOG_LEVEL (must be one of|is .{1,40}, expected one of)", re.IGNORECASE)
SHM = re.compile(r"(permission denied|read-only file ?system|\[errno (13|30)\]).*/dev/shm", re.IGNORECASE)
LAYER_LOST = re.compile(
    r"failed to load .*\b(?P<name>CUSTOM_FASTAPI_MIDDLEWARE_\w+|CUSTOM_PRE_PROCESS|CUSTOM_POST_PROCESS)"
    r"|(?P<again>CUSTOM_FASTAPI_MIDDLEWARE_\w+|CUSTOM_PRE_PROCESS|CUSTOM_POST_PROCESS).*(cannot be|not found|no such)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Versions:
    fastapi: str = ""
    starlette: str = ""
    standards: str = ""


@dataclass(frozen=True)
class _Override:
    """What is read of the observation `standards-override`."""

    ping: Exchange
    call: Exchange
    versions: _Versions


@dataclass(frozen=True)
class _Presence:
    """What is read of the observation `standards-present`."""

    stamped: str
    line: str


@dataclass(frozen=True)
class _RootLevel:
    """What is read of the observation `standards-root-level`."""

    after_import: str


# -- what runs, and with which versions


def not_mounted(case: Case) -> Cause | None:
    """The script runs, its layers run, and its handlers do not answer: FastAPI no longer shows the package the routes.

    `include_router` of FastAPI 0.137 and later keeps the router as one entry among the routes; the package looks for
    the single routes there, finds no conflict, and adds its own behind those of the engine.
    """
    if not (seen := _lost_override(case)) or (_numbers(seen.versions.fastapi) < LOST_SINCE):
        return None
    said = f"fastapi {seen.versions.fastapi}, starlette {seen.versions.starlette}, standards {seen.versions.standards}"
    return Cause(
        "override-not-mounted",
        "override not mounted: FastAPI ≥ 0.137 with include_router",
        f"the mounted script reports {said}; its throttle stamped GET /ping ({seen.ping.summary}),"
        " and the answer is not its handler's",
        "pin fastapi < 0.137 in the image, or declare the engine's /ping and /invocations with @app.get and @app.post",
        _customer_clauses(case),
    )


def imported_twice(case: Case) -> Cause | None:
    """The script was run, but neither its layers nor its handlers are there: it registered them with another copy."""
    seen = case.record.find("standards-present", _Presence)
    lost = case.broken_among(*CUSTOM, "standards.")
    if seen is None or not seen.line or seen.stamped or not lost or _layer_line(case):
        return None
    return Cause(
        "package-imported-twice",
        "the script runs, and nothing that it registers is there: it imports another copy of the package than the"
        " engine does",
        f"the script's own line is in the log (`{cut(seen.line, 120)}`), and its throttle stamped no answer",
        "install the package once, into the environment that serves, and import it by its public name everywhere",
        lost,
        proven=False,
    )


def root_silenced(case: Case) -> Cause | None:
    """Importing the package raises the level of the root logger, and with it the engine's own lines are gone."""
    seen = case.record.find("standards-root-level", _RootLevel)
    broken = case.broken_among("logs.")
    if seen is None or not seen.after_import or seen.after_import == "kept" or not broken:
        return None
    return Cause(
        "root-logger-silenced",
        f"importing the package sets the root logger to {seen.after_import}, and the engine's own lines are gone",
        f"a script that has the package imported anew finds the root logger at {seen.after_import};"
        f" {case.broken[broken[0]].clause}: {cut(case.broken[broken[0]].observed)}",
        "set the levels of the root logger and of its handlers after the import,"
        " or SAGEMAKER_CONTAINER_LOG_LEVEL=INFO in the image",
        broken,
    )


# -- a customer's files


def request_not_annotated(case: Case) -> Cause | None:
    """FastAPI takes a parameter without annotation for one of the query string, which nobody sends."""
    last = case.failed_boot.last if case.failed_boot else None
    broken = case.broken_by_boot
    if last is None or last.answer is None or last.status not in {400, 422}:
        return None
    found = MISSING_REQUEST.search(last.answer.body.text)
    if found is None:
        return None
    return Cause(
        "request-not-annotated",
        f"the handler's parameter `{found[1]}` has no annotation, so FastAPI takes it for a parameter of the query",
        f"GET /ping: {last.summary}: {cut(last.answer.body.text)}",
        f"annotate it: `async def ping({found[1]}: Request)`, with `from fastapi import Request`",
        broken,
    )


def sibling_not_importable(case: Case) -> Cause | None:
    """A file of the model directory imports another one, and the directory is not on `sys.path`."""
    thrown = exception(case.log)
    missing = NO_MODULE.search(thrown.words) if thrown else None
    frame = next((found for line in reversed(case.log) if (found := SCRIPT.match(line))), None)
    if not _ended(case) or missing is None or frame is None:
        return None
    name, folder = missing["name"], frame["path"].rpartition("/")[0]
    return Cause(
        "model-dir-not-importable",
        f"{frame['path']}:{frame['line']} imports `{name}`, and the model directory is not on sys.path",
        f"the last exception in its log: {cut(thrown.words) if thrown else ''}",
        f"set PYTHONPATH={folder} where {name}.py lies beside the script; where it is a package, name it in"
        " requirements.txt or install it into the image",
        case.broken_by_end,
        proven=False,
    )


def sync_formatter(case: Case) -> Cause | None:
    """A formatter is awaited, and is no coroutine function."""
    answers = (proof.answer.body.text for verdict in case.broken.values() for proof in verdict.proof if proof.answer)
    line = next((cut(text) for text in answers if NOT_AWAITABLE.search(text)), "") or find_line(NOT_AWAITABLE, case.log)
    found = NOT_AWAITABLE.search(line)
    if found is None:
        return None
    return Cause(
        "formatter-not-async",
        f"a formatter is a plain function: what it returns ({found[1]}) is awaited",
        f"the server says: {line}",
        "write the formatter as `async def`",
        (*case.broken_by_boot, *case.broken_among("ping.", "invocations.", "middleware.", "headers.", "media.")),
    )


def layer_lost(case: Case) -> Cause | None:
    """A variable of a layer names nothing that can be loaded, so the server runs without the layer."""
    line = _layer_line(case)
    found = LAYER_LOST.search(line)
    if found is None:
        return None
    name = found["name"] or found["again"]
    return Cause(
        "middleware-not-loaded",
        f"{name} names nothing that can be loaded, and the server runs without that layer",
        f"its log says: {line}",
        f"mend the value of {name} (file.py:function, below the model directory), and look for this line in CI: it is"
        " all that tells of a throttle that is not there",
        case.broken_among("middleware.", "standards.", "failures.middleware"),
    )


# -- surroundings


def shm_not_writable(case: Case) -> Cause | None:
    """The folder of sessions is made when the server starts, and may not be."""
    line = find_line(SHM, case.log)
    if not line or not _ended(case):
        return None
    return Cause(
        "shm-not-writable",
        "the server keeps sessions in /dev/shm and may not write there",
        f"its log says: {line}",
        "set SAGEMAKER_SESSIONS_PATH to a folder that the server's user may write to, or take"
        " model-hosting-container-standards ≥ 0.1.11",
        case.broken_by_end,
    )


def level_refused(case: Case) -> Cause | None:
    """The supervisor knows other names of levels than Python's logging."""
    line = find_line(REFUSED_LEVEL, case.log)
    if not line or not _ended(case):
        return None
    return Cause(
        "log-level-refused",
        "the supervisor refuses the value of LOG_LEVEL, and starts nothing",
        f"its log says: {line}",
        "LOG_LEVEL=warn (debug, info, error, critical); for the package's own lines set SAGEMAKER_CONTAINER_LOG_LEVEL",
        case.broken_by_end,
    )


def sessions_per_worker(case: Case) -> Cause | None:
    """Each worker process knows its own sessions only."""
    broken = case.broken_among("sessions.shared-by-workers", "sessions.lifecycle", "sessions.parallel-close")
    if "sessions.shared-by-workers" not in broken:
        return None
    verdict = case.broken["sessions.shared-by-workers"]
    return Cause(
        "sessions-per-worker",
        "each worker process knows its own sessions only, and a request with a session meets any of them",
        f"two workers: {cut(verdict.observed)}",
        "serve with one worker process, or with a registry of sessions that workers share",
        broken,
    )


def _ended(case: Case) -> bool:
    """Whether the server died; under a supervisor the first process lives on, and the start fails."""
    return case.end is not None or case.failed_boot is not None


def _lost_override(case: Case) -> _Override | None:
    if not any(verdict.reason == NOT_MOUNTED for verdict in case.broken.values()):
        return None
    return case.record.find("standards-override", _Override)


def _customer_clauses(case: Case) -> tuple[str, ...]:
    """The broken clauses that are judged by a handler of the customer's."""
    return tuple(c for c, v in case.broken.items() if v.reason == NOT_MOUNTED or c.startswith(CUSTOM))


def _layer_line(case: Case) -> str:
    """The line of any launch's log that tells of a layer that could not be loaded."""
    names = ("log@main", "log@standards-present")
    books = (case.record.find(name, LogSummary) for name in names)
    return next((line for book in books if book for line in [_last(book)] if line), "")


def _last(book: LogSummary) -> str:
    return find_line(LAYER_LOST, tuple(line.text for line in book.lines))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


FIRST_RULES = (
    request_not_annotated, sync_formatter, level_refused, shm_not_writable, sibling_not_importable
)  # fmt: skip
RULES = (not_mounted, layer_lost, imported_twice, root_silenced, sessions_per_worker)
