"""Whether the profile applies: whether a mounted script runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import NotApplicable, TrialFacts, broken, clause, observed
from seatrial.suites.standards.reasons.present import Reason

if TYPE_CHECKING:
    from seatrial.suites.standards.scenarios.present import PresenceSeen

PROFILE = "standards"


@clause("standards.present")
def test_present(standards_present: PresenceSeen, facts: TrialFacts) -> None:
    """By the header that it stamps or the line that it writes, never by an override that works."""
    seen = standards_present
    if seen.seen:
        observed(seen.line or f"the script's throttle stamps every answer with {seen.stamped}")
    what = "a mounted script did not run: no header of its throttle, no line of its import in the log"
    if PROFILE not in facts.claimed:
        raise NotApplicable(f"{what}, and neither the user nor a label of the image claims the profile")
    last = f"; the log ends: {seen.last[-1]}" if seen.last else ""
    broken(
        Reason.STANDARDS_ABSENT,
        expected=f"the header X-Seatrial-Nonce, or the line `seatrial-trial {seen.stamped or 'standards-present'} …`",
        observed=f"{what}; the start was {seen.end}{last}",
        proof=seen.ping,
    )
