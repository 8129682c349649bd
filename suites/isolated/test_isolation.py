"""Judges a start without a way out."""

from seatrial.conformance.api import Boot, Limits, TrialFacts, Untested, broken, clause, expect, observed, untested
from seatrial.suites.isolated.scenarios import IsolatedSeen
from seatrial.suites.realtime.log_words import NETWORK, first_match
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.test_start import failed_log

METADATA = ("169.254.169.254:", "169.254.170.2:", "169.254.170.23:", "[fd00:ec2::254]:", "[fd00:ec2::23]:")
"""Where clients of AWS look for credentials: the metadata services of instances, of tasks and of pods."""


@clause("isolation.starts-without-network")
def test_starts_without_network(
    facts: TrialFacts, limit: Limits, boot: Boot | None = None, isolated_start: IsolatedSeen | None = None
) -> None:
    """An isolated endpoint reaches nothing: no hub, no package index, no name server."""
    if isolated_start is None:
        _judge_main(boot, facts)
        return
    tried = _tried(isolated_start)
    line = first_match(NETWORK, isolated_start.log)
    what = f"{isolated_start.last.summary}{tried}{f'; log: {line}' if line else ''}"
    expect(isolated_start.ready_at, what, proof=isolated_start.last).to_be_at_most(
        limit.startup_s, reason=Reason.NETWORK_NEEDED, expected="200 from /ping without a network"
    )
    network = dict(facts.subject.details).get("network", "no way out")
    observed(f"first 200 after {isolated_start.ready_at or 0:.2f} s{tried}; the network: {network}")


def _judge_main(boot: Boot | None, facts: TrialFacts) -> None:
    """The main launch had no way out either, and its failure kept the other launches from being tried."""
    if boot is None or boot.ready or facts.network:
        untested(Untested.PREREQUISITE, "the launch without a network was not driven")
    line = first_match(NETWORK, failed_log(boot))
    tried = boot.autopsy.outgoing if boot.autopsy else None
    if not line and not tried:
        untested(
            Untested.PREREQUISITE, "the main launch did not become ready, and nothing says that the network is why"
        )
    words = (f"log: {line}" if line else "", f"it tried to reach {', '.join(tried)}" if tried else "")
    broken(
        Reason.NETWORK_NEEDED,
        expected="200 from /ping without a network",
        observed="; ".join(word for word in words if word),
        proof=(boot.last,) if boot.last else (),
    )


@clause("isolation.starts-without-credentials")
def test_starts_without_credentials(isolated_start: IsolatedSeen, limit: Limits) -> None:
    """Each client that looks for credentials at import may hold the start up for most of a minute."""
    seconds = sum(each.seconds for each in isolated_start.attempts if each.remote.startswith(METADATA))
    expect(seconds, f"{seconds:.1f} s{_tried(isolated_start)}").to_be_at_most(
        limit.metadata_s, reason=Reason.CREDENTIALS_SOUGHT,
        expected=f"at most {limit.metadata_s:g} s of trying to reach the metadata service",
    )  # fmt: skip
    if seconds:
        observed(f"{seconds:.1f} s of trying to reach the metadata service")


def _tried(seen: IsolatedSeen) -> str:
    """What it tried to reach, in words."""
    some = [f"{attempt.remote} for {attempt.seconds:.1f} s" for attempt in seen.attempts[:5]]
    return f"; it tried to reach {', '.join(some)}" if some else ""
