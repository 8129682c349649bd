"""Judges the log: the only thing that the platform shows of a container's inside."""

from seatrial.conformance.api import Boot, Limits, NotApplicable, TrialFacts, clause, expect, observed
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.logs import LogsSeen
from seatrial.suites.realtime.scenarios.start_failed import FailedStart, expect_it_had_time


@clause("logs.to-stdout")
def test_to_stdout(logs: LogsSeen) -> None:
    """What goes to a file inside the container is lost with it. Lines that come late are judged by `logs.prompt`."""
    late = logs.late_lines > 0
    expect(logs.start_lines > 0 or late, "not a line by 2 s after the first 200").to_be_true(
        reason=Reason.START_NOT_LOGGED, expected="at least one line at start"
    )
    for failure in logs.failures:
        expect(
            failure.after is not None or late, f"not a line; {failure.exchange.summary}", proof=failure.exchange
        ).to_be_true(reason=Reason.FAILURE_NOT_LOGGED, expected="a line for a request that was answered with an error")
    if not logs.failures:
        observed("it starts with a line in the log; no request could be made to fail")


@clause("logs.prompt")
def test_prompt(logs: LogsSeen, limit: Limits) -> None:
    """A line that waits in a buffer is lost in a crash, when it is needed most."""
    if not logs.failures:
        raise NotApplicable("no request could be made to fail")
    for failure in logs.failures:
        if failure.after is None:
            what = f"nothing, until {logs.pushed} more requests had failed"
        else:
            what = f"the line came {failure.after:.2f} s after the answer"
        expect(failure.after, what, proof=failure.exchange).to_be_at_most(
            limit.visible_s, reason=Reason.LOGGED_LATE, expected=f"a line within {limit.visible_s:g} s"
        )


@clause("logs.failed-start-explained")
def test_failed_start_explained(bad_model: FailedStart, facts: TrialFacts, boot: Boot | None = None) -> None:
    """Without a reason in the log nobody can tell a broken model from a broken platform."""
    if bad_model.good_ping is not None:
        raise NotApplicable("the start did not fail")
    expect_it_had_time(bad_model, boot, facts)
    expect(bad_model.lines, "an empty log").to_be_at_least(
        1, reason=Reason.FAILED_START_SILENT, expected="the reason in the log"
    )
    last = bad_model.log[-1][:200] if bad_model.log else ""
    expect(bad_model.reason, f"{bad_model.lines} lines, the last of them: {last}").to_be_true(
        reason=Reason.FAILED_START_UNEXPLAINED, expected="an exception, or a sentence that names what is wrong"
    )
