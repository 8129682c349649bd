"""How a clause's test states what it expects: `expect(value).to_be(200, reason=Reason.PING_STATUS)`.

A broken expectation raises `ClauseBroken` with what was expected, what was observed and the *named* reason, so that a
mutant can be shown to be caught for the right one. Tests are pure functions of observations; nothing here does I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from seatrial.conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from seatrial.conformance.program import Program
    from seatrial.conformance.verdict import Untested

__all__ = ["ClauseBroken", "NotApplicable", "Unobserved", "broken", "expect", "noted", "observed", "untested"]


class ClauseBroken(AssertionError):
    """A clause does not hold.

    Attributes:
        reason: the named reason, kebab-case, from the profile's own `reasons.py`.
        expected: what the contract expects, in words.
        observed: what was seen.
        proof: the exchanges that show it, the one that breaks the clause last.
        lifecycle: the lifecycle of `program`; empty where none was explored.
        program: the program that breaks the clause.
        launch: the name of the launch on which it was driven.
    """

    def __init__(
        self,
        reason: str,
        *,
        expected: str,
        observed: str,
        proof: tuple[Exchange, ...] = (),
        lifecycle: str = "",
        program: Program = (),
        launch: str = "",
    ) -> None:
        super().__init__(f"expected {expected}, observed: {observed} [{reason}]")
        self.reason, self.expected, self.observed, self.proof = str(reason), expected, observed, proof
        self.lifecycle, self.program, self.launch = lifecycle, program, launch


class Unobserved(Exception):
    """Something could not be observed, so what depends on it cannot be judged.

    Attributes:
        kind: why.
        why: in words, for the report.
        option: the option that would mend it, where one would.
    """

    def __init__(self, kind: Untested, why: str, option: str = "") -> None:
        super().__init__(why)
        self.kind, self.why, self.option = kind, why, option


class NotApplicable(Exception):
    """What the clause speaks of is honestly absent from this subject; the message says how that was seen."""


class Fact(Exception):
    """Carries the fact that a clause recorded, so that the report can show it beside the verdict."""


class OnlyFact(Fact):
    """The fact is all that there is: nothing was seen that the clause could have judged."""


def broken(reason: str, *, expected: str, observed: str, proof: Exchange | tuple[Exchange, ...] = ()) -> NoReturn:
    """Say that the clause does not hold, where no `expect` fits."""
    raise ClauseBroken(reason, expected=expected, observed=observed, proof=_tuple(proof))


def untested(kind: Untested, why: str, option: str = "") -> NoReturn:
    """Say that the observations do not allow a judgement."""
    raise Unobserved(kind, why, option)


def observed(fact: str) -> NoReturn:
    """End a test that holds, recording a fact worth showing (`first 200 after 1.9 s`)."""
    raise Fact(fact)


def noted(fact: str) -> NoReturn:
    """End a test that had nothing to judge: OBSERVED whatever the level, for what a trial cannot provoke everywhere."""
    raise OnlyFact(fact)


class Expectation:
    """A value about which something is expected; built by `expect`."""

    def __init__(self, value: Any, what: str, proof: tuple[Exchange, ...]) -> None:
        self._value, self._what, self._proof = value, what, proof

    def _check(self, holds: bool, expected: str, reason: str) -> None:
        if not holds:
            shown = self._what or (self._proof[0].summary if len(self._proof) == 1 else repr(self._value))
            raise ClauseBroken(reason, expected=expected, observed=shown, proof=self._proof)

    def to_be(self, wanted: object, *, reason: str, expected: str = "") -> None:
        """Expect the value to equal another."""
        self._check(self._value == wanted, expected or f"{wanted}", reason)

    def to_be_in(self, wanted: Container[object], *, reason: str, expected: str = "") -> None:
        """Expect the value to be one of several."""
        self._check(self._value in wanted, expected or f"one of {wanted}", reason)

    def to_be_at_most(self, limit: float, *, reason: str, unit: str = "s", expected: str = "") -> None:
        """Expect a number not above a limit; None counts as broken."""
        holds = self._value is not None and self._value <= limit
        self._check(holds, expected or f"at most {limit:g} {unit}".rstrip(), reason)

    def to_be_at_least(self, limit: float, *, reason: str, unit: str = "", expected: str = "") -> None:
        """Expect a number not below a limit; None counts as broken."""
        holds = self._value is not None and self._value >= limit
        self._check(holds, expected or f"at least {limit:g} {unit}".rstrip(), reason)

    def to_hold(self, test: Callable[[Any], bool], *, reason: str, expected: str) -> None:
        """Expect a predicate to hold for the value; `expected` says it in words."""
        self._check(test(self._value), expected, reason)

    def to_be_true(self, *, reason: str, expected: str) -> None:
        """Expect a condition to hold; `expected` says it in words."""
        self._check(bool(self._value), expected, reason)

    def to_be_empty(self, *, reason: str, expected: str = "none") -> None:
        """Expect an empty collection; what is in it is shown as observed."""
        self._check(not self._value, expected, reason)


def expect(value: Any, what: str = "", *, proof: Exchange | tuple[Exchange, ...] = ()) -> Expectation:
    """Begin an expectation.

    Args:
        value: what was observed.
        what: how the report should describe it where it breaks; by default the proof's summary, else the value.
        proof: the exchange or exchanges that show it.
    """
    return Expectation(value, what, _tuple(proof))


def _tuple(proof: Exchange | tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    return (proof,) if isinstance(proof, Exchange) else proof
