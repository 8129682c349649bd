"""What the judges of sessions and adapters share: answers by name, and the word on which route they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, expect, observed, untested
from seatrial.suites.standards.state_routes import echoed, error_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from seatrial.suites.standards.state_routes import Calls

__all__ = ["expect_answer", "expect_echo", "need_some", "tell_routes"]


def expect_answer(
    calls: Calls, name: str, *, status: int | frozenset[int], reason: str, text: str = "", starts: str = ""
) -> None:
    """Expect a status, and an error or body that is or starts with some text."""
    call = calls[name]
    wanted = frozenset({status}) if isinstance(status, int) else status
    said = error_text(call)
    holds = call.trouble is None and call.status in wanted
    holds = holds and (not text or said == text) and (not starts or said.startswith(starts))
    words = " or ".join(str(each) for each in sorted(wanted))
    expected = f"{words}{f', {text!r}' if text else ''}{f', {starts!r} at the start' if starts else ''} for a {name}"
    expect(holds, calls.said(name), proof=call).to_be_true(reason=reason, expected=expected)


def expect_echo(calls: Calls, name: str, body: object, *, reason: str) -> None:
    """Expect the handler behind the layers to have got some JSON."""
    call = calls[name]
    got = echoed(call)
    what = f"{name}: the handler got {got!r}" if call.ok else f"{name}, {calls.said(name)}"
    expect(call.ok and got == body, what, proof=call).to_be_true(reason=reason, expected=f"the handler to get {body!r}")


def need_some(calls: Iterable[Calls | None], what: str) -> tuple[Calls, ...]:
    """Those that were seen.

    Raises:
        Unobserved: none was.
    """
    found = tuple(each for each in calls if each is not None)
    if not found:
        untested(Untested.PREREQUISITE, f"no route of this server shows {what}")
    return found


def tell_routes(calls: Iterable[Calls], fact: str = "") -> NoReturn:
    """End a test that holds with the routes on which it was judged."""
    routes = " and ".join(dict.fromkeys(str(each.route) for each in calls))
    observed(f"{fact}{'; ' if fact else ''}on {routes}")
