"""Judges what a server does with its model directory, and what it needs of it."""

from seatrial.conformance.api import (
    Boot,
    FileChange,
    Limits,
    NotApplicable,
    TrialFacts,
    Untested,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.realtime.log_words import ARCHIVE_MISSING, DENIED, READ_ONLY, first_match
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.files import FilesSeen, OddFilesSeen
from seatrial.suites.realtime.scenarios.start_failed import FailedStart
from seatrial.suites.realtime.test_start import failed_log


@clause("files.read-only-model")
def test_read_only_model(boot: Boot, facts: TrialFacts) -> None:
    """The platform mounts the model directory read-only."""
    if "model-dir" not in facts.inputs:
        raise NotApplicable("no model directory was mounted")
    log = failed_log(boot)
    line = first_match(READ_ONLY, log)
    if not line and facts.subject.kind == "process":
        line = first_match(DENIED, log)  # a process gets no mount, but a copy without write permission
    expect(not line, f"log: {line}").to_be_true(
        reason=Reason.READ_ONLY_BREAKS_START, expected="a start that writes nothing beside the model"
    )


@clause("files.model-untouched")
def test_model_untouched(files: FilesSeen, limit: Limits) -> None:
    """Where the directory is read-only after all, every such write fails."""
    bytecode = [change.path for change in files.changes if _bytecode(change)]
    changed = [f"{change.kind} {change.path}" for change in files.changes if not _bytecode(change)]
    expect(changed, f"{len(changed)} paths: {', '.join(changed[:5])}").to_be_empty(
        reason=Reason.MODEL_TOUCHED, expected="a model directory that stays as it was"
    )
    if not files.known:
        untested(Untested.MISSING_INPUT, "untouched by the start; no valid request is known", "--trial-sample FILE")
    note = f"; {len(bytecode)} files of bytecode ({bytecode[0]})" if bytecode else ""
    if note or files.calls < limit.calls:
        observed(f"untouched after {files.calls} calls{note}")


@clause("files.uncompressed-model")
def test_uncompressed_model(boot: Boot) -> None:
    """The platform unpacks an archive before the start, or there never was one."""
    line = first_match(ARCHIVE_MISSING, failed_log(boot))
    expect(not line, f"log: {line}").to_be_true(
        reason=Reason.ARCHIVE_NEEDED, expected="a start from the model's plain files"
    )


@clause("files.odd-artifacts")
def test_odd_artifacts(odd_files: OddFilesSeen) -> None:
    """Artifacts keep neither owner nor time on their way through S3."""
    what = f"files of a foreign user, mode 0444, from 1970: {odd_files.started.summary}"
    expect(odd_files.started.ready, what).to_be_true(reason=Reason.ODD_FILES_BREAK_START, expected="200 from /ping")
    if odd_files.call is not None:
        expect(odd_files.call.ok, proof=odd_files.call).to_be_true(
            reason=Reason.ODD_FILES_BREAK_CALLS, expected="2xx for a valid request"
        )


@clause("files.no-model")
def test_no_model(boot: Boot, facts: TrialFacts, no_model: FailedStart | None = None) -> None:
    """A container may bring its own model; one that needs another had better say so."""
    if no_model is None:
        if "model-dir" in facts.inputs:
            untested(Untested.MISSING_INPUT, "what it does without its model directory was not tried", "--trial-soak")
        if not boot.ready:
            untested(Untested.PREREQUISITE, "it did not become ready")
        observed("starts without a model directory: it brings its model along")
    if no_model.good_ping is not None:
        observed("starts with an empty model directory")
    expect(no_model.reason, f"no reason among {no_model.lines} lines of log").to_be_true(
        reason=Reason.NO_MODEL_SILENT, expected="a start, or a sentence that says what is missing"
    )
    observed(f"says what it misses: {no_model.reason}")


def _bytecode(change: FileChange) -> bool:
    return "__pycache__" in change.path.split("/") or change.path.endswith(".pyc")
