"""Judges whether the profile is there."""

from seatrial.conformance.api import NotApplicable, TrialFacts, broken, clause, observed
from seatrial.suites.adapters.reasons import Reason
from seatrial.suites.adapters.scenarios.presence import PresenceSeen

PROFILE = "adapters"
ABSENT = frozenset({404, 405, 501})


@clause("lora.present")
def test_present(adapters_presence: PresenceSeen, facts: TrialFacts) -> None:
    """By its route: an adapter that only came with the model can be used, and none can be added."""
    empty, names = adapters_presence.empty, adapters_presence.names
    if empty.status is not None and empty.status not in ABSENT:
        observed(f"a load that says nothing is answered {empty.status}")
    listed = f"; the server lists {', '.join(names)}" if names else ""
    if PROFILE not in facts.claimed and not empty.trouble:
        raise NotApplicable(
            f"POST /adapters is answered {empty.status}{listed}, and neither the user nor a label claims the profile"
        )
    broken(
        Reason.NO_ADAPTER_ROUTE, expected="POST /adapters to be served", observed=f"{empty.summary}{listed}",
        proof=empty,
    )  # fmt: skip
