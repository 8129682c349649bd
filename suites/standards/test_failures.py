"""Judges starts that must fail: never healthy, and with the reason in the log."""

from seatrial.conformance.api import Untested, broken, clause, expect, observed, untested
from seatrial.suites.standards.reasons.failures import Reason
from seatrial.suites.standards.scenarios.failures import BrokenStart, MiddlewareTypo


@clause("failures.handler-target")
def test_handler_target(
    failure_handler_file: BrokenStart,
    failure_handler_function: BrokenStart,
    failure_handler_module: BrokenStart,
    failure_handler_number: BrokenStart,
) -> None:
    """A variable that names nothing is a typo: another handler in its place would hide it."""
    starts = (failure_handler_file, failure_handler_function, failure_handler_module, failure_handler_number)
    expect_refused(Reason.HANDLER_TARGET_IGNORED, *starts)
    observed(ends(*starts))


@clause("failures.import-errors")
def test_import_errors(
    failure_script_syntax: BrokenStart,
    failure_script_import: BrokenStart,
    failure_script_raises: BrokenStart,
    failure_handler_file_raises: BrokenStart,
) -> None:
    """A customer whose file does not load must not believe that the override is live."""
    starts = (failure_script_syntax, failure_script_import, failure_script_raises, failure_handler_file_raises)
    expect_refused(Reason.IMPORT_ERROR_SWALLOWED, *starts)
    observed(ends(*starts))


@clause("failures.named-function")
def test_named_function(failure_named_function_number: BrokenStart, failure_named_function_none: BrokenStart) -> None:
    """The name says that a handler was meant."""
    starts = (failure_named_function_number, failure_named_function_none)
    expect_refused(Reason.NAMED_FUNCTION_IGNORED, *starts)
    observed(ends(*starts))


@clause("failures.whole-server")
def test_whole_server(failure_invocation_handler_file: BrokenStart) -> None:
    """A healthy /ping before a broken /invocations would put the endpoint into service."""
    expect_refused(Reason.HALF_STARTED, failure_invocation_handler_file)
    observed(ends(failure_invocation_handler_file))


@clause("failures.class-without-app")
def test_class_without_app(failure_class_without_app: BrokenStart) -> None:
    """A layer that cannot be built must not be left out."""
    expect_refused(Reason.CLASS_WITHOUT_APP_STARTED, failure_class_without_app)
    observed(ends(failure_class_without_app))


@clause("failures.middleware-target")
def test_middleware_target(
    typo_throttle_file: MiddlewareTypo, typo_process_function: MiddlewareTypo, typo_pre_module: MiddlewareTypo
) -> None:
    """Refused, or left out with an error in the log: a typo must not remove a throttle in silence."""
    typos = (typo_throttle_file, typo_process_function, typo_pre_module)
    for typo in typos:
        if typo.start.healthy is None:
            expect_refused(Reason.MIDDLEWARE_TYPO_SILENT, typo.start)
            continue
        expect(
            typo.error, f"{typo.start.what}; it became healthy, and no line of the log tells", proof=typo.start.healthy
        ).to_hold(bool, reason=Reason.MIDDLEWARE_TYPO_SILENT, expected="an error in the log that names it, or no start")
    refused = sum(typo.start.healthy is None for typo in typos)
    observed(f"{refused} of {len(typos)} such starts were refused, the others went on without the layer")


def expect_refused(reason: str, *starts: BrokenStart) -> None:
    """Expect starts that never became healthy, each with a line of the log that names what is broken.

    Args:
        reason: given where one became healthy.
        starts: what was watched.
    """
    for start in starts:
        if start.healthy is not None:
            broken(
                reason, expected=f"no 200 from /ping, because {start.what}",
                observed=f"200 after {start.watched:.1f} s", proof=start.healthy,
            )  # fmt: skip
        if start.state.running and not start.enough:
            untested(Untested.PREREQUISITE, f"it was watched for {start.watched:.1f} s only, and still ran")
        last = start.log[-1][:200] if start.log else "none"
        expect(start.named, f"{start.what}; last line of the log: {last}", proof=start.last).to_hold(
            bool, reason=Reason.FAILURE_UNEXPLAINED, expected="a line of the log that names what is broken"
        )


def ends(*starts: BrokenStart) -> str:
    """How such starts ended, in words."""
    return ", ".join(dict.fromkeys(_end(start) for start in starts))


def _end(start: BrokenStart) -> str:
    if start.state.running:
        return "lives on without being healthy"
    return f"exits with code {start.state.exit_code}"
