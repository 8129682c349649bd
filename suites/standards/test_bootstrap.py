"""Judges when customer files are loaded, and whether what they registered answers."""

from seatrial.conformance.api import BootEnd, broken, clause, expect, observed
from seatrial.suites.standards.reasons.bootstrap import Reason
from seatrial.suites.standards.scenarios.bootstrap import LOADED, LateSeen, LoadOrderSeen, OverrideSeen


@clause("bootstrap.override-effective")
def test_override_effective(standards_override: OverrideSeen) -> None:
    """An override that is silently lost leaves a customer with the engine's answers, and no error anywhere."""
    lost = standards_override.lost
    if lost:
        routes = " and ".join(f"{one.request.method} {one.request.target}" for one in lost)
        broken(
            Reason.OVERRIDE_NOT_MOUNTED,
            expected="the script's own answers on GET /ping and POST /invocations",
            observed=f"{routes}: not the script's answer, with {standards_override.versions}",
            proof=lost,
        )
    observed(f"with {standards_override.versions}")


@clause("bootstrap.load-order")
def test_load_order(standards_load_order: LoadOrderSeen) -> None:
    """What one file sets up, a later one may build on."""
    files = standards_load_order.files
    told = ", ".join(files) or "none"
    what = f"loaded: {told}; the start ended with {standards_load_order.end}"
    missing = [name for name in LOADED if name not in files]
    expect(missing, what).to_be_empty(reason=Reason.FILE_NOT_LOADED, expected=f"all of {', '.join(LOADED)}")
    expect(len(files), what).to_be(len(set(files)), reason=Reason.LOADED_TWICE, expected="each file once")
    expect(files, what).to_be(LOADED, reason=Reason.LOAD_ORDER, expected=", ".join(LOADED))
    expect(standards_load_order.end, what).to_be(
        BootEnd.READY, reason=Reason.FILE_NOT_LOADED, expected="a server that becomes ready"
    )


@clause("bootstrap.late-registration-ignored")
def test_late_registration_ignored(standards_late: LateSeen) -> None:
    """Routes that change while a server runs cannot be reasoned about."""
    expect(standards_late.registered.ok, proof=standards_late.registered).to_be_true(
        reason=Reason.LATE_REGISTRATION_FAILS, expected="a registration without an error"
    )
    before, after = (
        one.answer.body.text if one.answer else "" for one in (standards_late.before, standards_late.after)
    )
    expect(after, f"GET /ping: {after[:80]!r}", proof=standards_late.after).to_be(
        before, reason=Reason.LATE_HANDLER_MOUNTED, expected=f"{before[:80]!r}, as before"
    )
