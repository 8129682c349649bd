"""Judges whether calls make the server talk to the outside."""

from seatrial.conformance.api import Boot, Limits, clause, expect, observed
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.network import EgressSeen


@clause("network.no-egress-per-call")
def test_no_egress_per_call(egress: EgressSeen, limit: Limits, boot: Boot | None = None) -> None:
    """In an isolated endpoint such a connection hangs, and the call with it.

    One opened by an earlier call and kept counts too: what stood when the server became ready does not.
    """
    at_ready = boot.autopsy.outgoing if boot and boot.autopsy else None
    stood = egress.before if at_ready is None else at_ready
    called = sorted({*egress.before, *egress.during}.difference(stood))
    expect(called, f"connections to {', '.join(called[:5])} in {egress.calls} calls").to_be_empty(
        reason=Reason.EGRESS, expected="no connection to the outside"
    )
    if egress.calls < limit.calls:
        observed(f"none in {egress.calls} calls")
