"""How the verdicts of this profile describe an exchange. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Exchange, expect
from seatrial.suites.adapters.answers import said

if TYPE_CHECKING:
    from seatrial.suites.adapters.reasons import Reason

__all__ = ["expect_refused", "shown"]

SHOWN = 120


def shown(exchange: Exchange) -> str:
    """What was answered, with the beginning of what was said, or of the body of a refusal."""
    text = said(exchange) or (exchange.answer.body.text.strip() if exchange.answer else "")
    return f"{exchange.summary}{f', {text[:SHOWN]!r}' if text else ''}"


def expect_refused(
    call: Exchange, what: str, reason: Reason, *, expected: str, statuses: frozenset[int] = frozenset(range(400, 500))
) -> None:
    """Expect a refusal with one of some statuses."""
    expect(call.status, f"{what}: {shown(call)}", proof=call).to_be_in(statuses, reason=reason, expected=expected)
