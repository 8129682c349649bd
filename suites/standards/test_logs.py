"""Judges what the package writes to the log, and which variable decides how much."""

from seatrial.conformance.api import NotApplicable, TrialFacts, broken, clause, expect, observed
from seatrial.suites.standards.reasons.logs import Reason
from seatrial.suites.standards.scenarios.logs import ALONE, FORMAT, QUIET, PackageLogSeen, RootLevelSeen

LEVEL_VARIABLES = ("SAGEMAKER_CONTAINER_LOG_LEVEL", "LOG_LEVEL")


@clause("logging.default-level")
def test_default_level(standards_log_default: PackageLogSeen, facts: TrialFacts) -> None:
    """An endpoint's log belongs to the model; the package's own bookkeeping drowns it."""
    _need_unset(facts, *LEVEL_VARIABLES)
    _need_ready(standards_log_default, QUIET.name)
    _expect_quiet(standards_log_default, Reason.LOG_NOISE, "neither variable set")


@clause("logging.level-variables")
def test_level_variables(
    standards_log_debug: PackageLogSeen,
    standards_log_silenced: PackageLogSeen,
    standards_log_alone: PackageLogSeen,
    facts: TrialFacts,
) -> None:
    """Two variables for one thing help only where everybody agrees which of them wins."""
    _need_ready(standards_log_debug, "SAGEMAKER_CONTAINER_LOG_LEVEL=DEBUG")
    _need_ready(standards_log_silenced, "SAGEMAKER_CONTAINER_LOG_LEVEL=ERROR")
    loud, silenced = bool(standards_log_debug.lines), not standards_log_silenced.below_error
    if not loud and not silenced:
        broken(
            Reason.LEVEL_PRECEDENCE,
            expected="SAGEMAKER_CONTAINER_LOG_LEVEL before LOG_LEVEL",
            observed="LOG_LEVEL decided although both were set, in both directions",
        )
    what = "SAGEMAKER_CONTAINER_LOG_LEVEL=DEBUG LOG_LEVEL=error: no line of the package"
    expect(loud, what).to_be_true(reason=Reason.LOG_SILENT, expected="lines of the package")
    _expect_quiet(
        standards_log_silenced, Reason.LEVEL_PRECEDENCE, "SAGEMAKER_CONTAINER_LOG_LEVEL=ERROR LOG_LEVEL=debug"
    )
    if _image_sets(facts, LEVEL_VARIABLES[0]):
        observed("the image sets SAGEMAKER_CONTAINER_LOG_LEVEL, so LOG_LEVEL was not tried alone")
    _need_ready(standards_log_alone, ALONE.name)
    expect(standards_log_alone.lines, "LOG_LEVEL=debug alone: no line of the package").to_be_true(
        reason=Reason.LOG_SILENT, expected="lines of the package"
    )


@clause("logging.format")
def test_format(standards_log_debug: PackageLogSeen) -> None:
    """Log filters are written for this format."""
    odd = [line.text for line in standards_log_debug.lines if not FORMAT.search(line.text)]
    expect(odd, f"{len(odd)} lines like: {odd[0][:160]}" if odd else "").to_be_empty(
        reason=Reason.LOG_FORMAT, expected="[LEVEL] model_hosting_container_standards - file.py:LINE: message"
    )
    # A supervisor or a terminal may have joined the two streams: then stdout is where the script's own line arrived.
    stdout = standards_log_debug.stdout or "stdout"
    elsewhere = [line.text for line in standards_log_debug.lines if line.stream != stdout]
    expect(elsewhere, f"on stderr: {elsewhere[0][:160]}" if elsewhere else "").to_be_empty(
        reason=Reason.LOG_STREAM, expected="every line on stdout"
    )


@clause("logging.level-values")
def test_level_values(
    standards_log_number: PackageLogSeen, standards_log_invalid: PackageLogSeen, standards_log_empty: PackageLogSeen
) -> None:
    """A mistyped log level must not take an endpoint down."""
    said = {"10": standards_log_number, "LOUD": standards_log_invalid, "": standards_log_empty}
    for value, seen in said.items():
        last = f"; last line: {seen.last[-1][:160]}" if seen.last else ""
        expect(
            seen.ready, f"SAGEMAKER_CONTAINER_LOG_LEVEL={value!r}: the start ended with {seen.end}{last}"
        ).to_be_true(reason=Reason.LEVEL_STOPS_START, expected="a server that becomes ready")
    levels = ", ".join(sorted(standards_log_number.levels)) or "none"
    expect("DEBUG" in standards_log_number.levels, f"level 10: lines of the levels {levels}").to_be_true(
        reason=Reason.LEVEL_NUMBER_IGNORED, expected="lines of level DEBUG"
    )
    _expect_quiet(standards_log_invalid, Reason.LEVEL_INVALID_NOISE, "an invalid level")
    _expect_quiet(standards_log_empty, Reason.LEVEL_INVALID_NOISE, "an empty level")


@clause("logging.tells-what-is-mounted")
def test_tells_what_is_mounted(standards_log_debug: PackageLogSeen) -> None:
    """Whoever wonders which of four sources answers finds it in the log."""
    text = "\n".join(line.text for line in standards_log_debug.lines).lower()
    missing = [word for word in ("ping", "invo") if word not in text]
    expect(missing, f"{len(standards_log_debug.lines)} lines, none names {' or '.join(missing)}").to_be_empty(
        reason=Reason.HANDLERS_UNTOLD, expected="lines that name the handlers of both routes"
    )


@clause("logging.root-level-kept")
def test_root_level_kept(standards_root_level: RootLevelSeen) -> None:
    """An engine whose lines vanish when it imports the package cannot be operated."""
    after = standards_root_level.after_import
    if not after:
        observed("not seen: the script could not have the package imported anew")
    observed("the root logger keeps its level" if after == "kept" else f"importing the package sets it to {after}")


def _expect_quiet(seen: PackageLogSeen, reason: Reason, when: str) -> None:
    lines = seen.below_error
    what = f"{when}: {len(lines)} lines, the first: {lines[0][:160]}" if lines else ""
    expect(lines, what).to_be_empty(reason=reason, expected="no line of the package below ERROR")


def _need_ready(seen: PackageLogSeen, launch: str) -> None:
    last = f"; last line: {seen.last[-1][:160]}" if seen.last else ""
    expect(seen.ready, f"the start with {launch} ended with {seen.end}{last}").to_be_true(
        reason=Reason.LEVEL_STOPS_START, expected="a server that becomes ready"
    )


def _image_sets(facts: TrialFacts, *names: str) -> tuple[str, ...]:
    image = facts.subject.image
    return tuple(name for name, _ in image.env if name in names) if image else ()


def _need_unset(facts: TrialFacts, *names: str) -> None:
    if found := _image_sets(facts, *names):
        raise NotApplicable(f"the image itself sets {' and '.join(found)}")
