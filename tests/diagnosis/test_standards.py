"""Every trouble with a customer's files or with its surroundings has its cause named, on a server that has it."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from diagnosis.evidence import READY, answered, boot, broken, record
from support.trials import trial

from seatrial.conformance.boot import BootEnd
from seatrial.conformance.diagnosis.diagnose import diagnose
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.subject.launcher import Offer
from seatrial.conformance.subject.logs import LogLine, LogSummary
from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from seatrial.conformance.evidence import Record
    from seatrial.conformance.result import Diagnosis

IMAGE = Path(__file__).parent / "image"
CUSTOMER = f"{shlex.quote(sys.executable)} {shlex.quote(str(IMAGE / 'customer.py'))}"
ENGINE = f"{shlex.quote(sys.executable)} {shlex.quote(str(IMAGE / 'engine.py'))}"
SERVER = f"{shlex.quote(sys.executable)} -m seatrial.reference_server serve --model echo --host 0.0.0.0 --port {{port}}"
PING, STAYS = "ping.answers-200", "start.stays-up"
START = ("start.becomes-ready", STAYS, PING)
VERSIONS = {"fastapi": "0.165.0", "starlette": "1.10.0", "standards": "0.1.16"}

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize(
    ("fault", "cause", "says", "clause", "proven"),
    [
        ("bare", "request-not-annotated", "`request` has no annotation", PING, True),
        ("sync-formatter", "formatter-not-async", "is a plain function", "start.becomes-ready", True),
        ("sibling", "model-dir-not-importable", "model.py:1 imports `helpers`", STAYS, False),
        ("shm", "shm-not-writable", "may not write there", STAYS, True),
    ],
)
def test_a_fault_of_a_customers_file_is_named(
    fault: str, cause: str, says: str, clause: str, proven: bool, tmp_path: Path
):
    options = TrialOptions(process=f"{CUSTOMER} {fault} {{port}}", startup_timeout=60.0, scale=0.2, report=tmp_path)
    result = trial(options, START)
    (found,) = result.diagnoses
    assert (found.id, found.proven) == (cause, proven)
    assert says in found.cause
    assert clause in [v.clause for v in result.of(Word.FAIL)]
    assert clause in found.clauses


def test_a_level_that_the_supervisor_refuses_is_named(tmp_path: Path):
    env = (("PROCESS_AUTO_RECOVERY", "true"), ("LOG_LEVEL", "WARNING"))
    offer = Offer(env=env, public_env=frozenset(name for name, _ in env))
    command = f"{SERVER} --oddity refuses-the-level-warning"
    options = TrialOptions(process=command, offer=offer, startup_timeout=60.0, report=tmp_path)
    (found,) = trial(options, START).diagnoses
    assert (found.id, found.proven) == ("log-level-refused", True)
    assert "LOG_LEVEL is 'WARNING'" in found.proof


def test_an_override_that_is_not_mounted_is_proven_by_the_versions_that_the_script_reports(tmp_path: Path):
    options = TrialOptions(
        process=f"{SERVER} --mutant mounts-no-override", profiles=("standards",), startup_timeout=60.0, report=tmp_path
    )
    result = trial(options, ("bootstrap.override-effective",))
    (found,) = result.diagnoses
    assert found.cause == "override not mounted: FastAPI ≥ 0.137 with include_router"
    assert "the mounted script reports fastapi 0.1" in found.proof
    assert found.clauses == ("bootstrap.override-effective",)


def found(command: str, report: Path, *clauses: str, **env: str) -> Diagnosis:
    """The one diagnosis of a trial of the standards."""
    offer = Offer(env=tuple(env.items()), public_env=frozenset(env))
    options = TrialOptions(process=command, profiles=("standards",), offer=offer, startup_timeout=60.0, report=report)
    (diagnosis,) = trial(options, clauses).diagnoses
    return diagnosis


def test_a_layer_whose_variable_names_nothing_is_found_in_the_log(tmp_path: Path):
    clauses = ("middleware.order", "middleware.env-parts-combine")
    variable = "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"
    cause = found(f"{SERVER} --oddity leaves-a-broken-layer-out", tmp_path, *clauses, **{variable: "model.py:procces"})
    assert (cause.id, cause.proven, cause.clauses) == ("middleware-not-loaded", True, clauses[1:])
    assert f"{variable} names nothing" in cause.cause
    assert f"{variable}=model.py:procces" in cause.proof


def test_a_script_that_runs_and_registers_nothing_met_another_copy_of_the_package(tmp_path: Path):
    cause = found(f"{ENGINE} twice {{port}}", tmp_path, "standards.present", "middleware.order")
    assert (cause.id, cause.proven, cause.clauses) == ("package-imported-twice", False, ("middleware.order",))
    assert "seatrial-trial standards-present" in cause.proof


def test_an_engine_whose_lines_vanish_when_it_imports_the_package_is_told_who_took_them(tmp_path: Path):
    cause = found(f"{ENGINE} silenced {{port}}", tmp_path, "logs.to-stdout", "logging.root-level-kept")
    assert (cause.id, cause.proven, cause.clauses) == ("root-logger-silenced", True, ("logs.to-stdout",))
    assert "finds the root logger at ERROR" in cause.proof


def test_sessions_that_one_worker_only_knows(tmp_path: Path):
    mutant = "keeps-sessions-to-the-worker-that-opened-them"
    cause = found(f"{SERVER} --mutant {mutant}", tmp_path, "sessions.shared-by-workers", "sessions.lifecycle")
    assert (cause.id, cause.proven, cause.clauses) == ("sessions-per-worker", True, ("sessions.shared-by-workers",))
    assert re.search(r"two workers: \d+ of 40 requests in valid sessions were refused by 2 processes", cause.proof)


# -- on evidence


def ready(*log: str) -> Record:
    return record(boot(BootEnd.READY, answered(200), listeners=READY), *log)


def lost(version: str) -> Record:
    found = ready()
    seen = {"ping": answered(200), "call": answered(200), "versions": {**VERSIONS, "fastapi": version}}
    found.add("standards-override", "standards-quiet", seen)
    return found


def ids(found: Record, *clauses: str, reason: str = "reason") -> list[str]:
    return [one.id for one in causes(found, *clauses, reason=reason)]


def causes(found: Record, *clauses: str, reason: str) -> tuple[Diagnosis, ...]:
    verdicts = tuple(replace(broken(c, "seen"), reason=reason) for c in clauses)
    return diagnose(found, verdicts)


def test_one_lost_override_explains_every_clause_that_a_handler_was_to_answer():
    clauses = ("bootstrap.override-effective", "handlers.ping-replaced", "handlers.env-beats-engine")
    (found,) = causes(lost("0.137.0"), *clauses, reason="override-not-mounted")
    assert (found.id, found.clauses) == ("override-not-mounted", clauses)


def test_fastapi_before_0_137_is_not_blamed():
    assert ids(lost("0.136.3"), "bootstrap.override-effective", reason="override-not-mounted") == []


def test_a_layer_that_another_launch_lost_is_found_in_that_launchs_log():
    found = ready()
    line = LogLine(0.1, "stdout", "Failed to load throttle from CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE")
    found.add("log@standards-present", "standards-present", LogSummary((line,), 1, 60, 0))
    assert ids(found, "standards.present") == ["middleware-not-loaded"]


def test_a_root_logger_that_keeps_its_level_is_not_blamed():
    found = ready()
    found.add("standards-root-level", "standards-quiet", {"after_import": "kept"})
    assert ids(found, "logs.to-stdout", reason="start-not-logged") == []
