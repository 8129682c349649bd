"""Judges what OpenAI's own client made of the subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import broken, clause, expect, observed
from seatrial.suites.openai.reasons import Reason

if TYPE_CHECKING:
    from seatrial.suites.openai.scenarios.client import Called, ClientSeen


@clause("openai.client-reads")
def test_client_reads(openai_client: ClientSeen) -> None:
    """It reads a chat and a stream, and finds an end in both."""
    for what, called in (("a chat", openai_client.chat), ("a stream", openai_client.streamed)):
        if called.raised is not None:
            broken(Reason.CLIENT_FAILS, expected=f"openai {openai_client.version} reads {what}", observed=_said(called))
        expect(called.finish, f"{what} ends with finish_reason {called.finish or None}").to_be_true(
            reason=Reason.CLIENT_READS_OTHERWISE, expected="an answer with an end"
        )
    observed(f"openai {openai_client.version} reads {openai_client.chat.text[:60]!r}")


@clause("openai.client-errors")
def test_client_errors(openai_client: ClientSeen) -> None:
    """It raises the exception of a request that was wrong, with the message and the type of the body."""
    refused = openai_client.refused
    raised = refused.raised
    if raised is None:
        broken(Reason.CLIENT_RAISES_OTHERWISE, expected="BadRequestError", observed=f"it read {refused.text[:60]!r}")
    expect(raised.kinds[0], _said(refused)).to_be_in(
        ("BadRequestError", "UnprocessableEntityError"), reason=Reason.CLIENT_RAISES_OTHERWISE
    )
    expect(bool(raised.message and raised.type), _said(refused)).to_be_true(
        reason=Reason.CLIENT_UNTOLD, expected="an exception with the message and the type of the error"
    )
    observed(_said(refused))


def _said(called: Called) -> str:
    raised = called.raised
    if raised is None:
        return repr(called.text[:60])
    return f"{raised.kinds[0]}: {raised.message[:200]} (type {raised.type or None}, code {raised.code or None})"
