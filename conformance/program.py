"""Programs: what several clients do to a subject, step by step, and the trace of one that was driven. Values only.

A program is a tuple of rounds. The steps of one round are taken at once, each by a client of its own; the next round
begins when all of them are done.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.wire.exchange import Exchange

__all__ = ["Program", "Step", "Taken", "Trace", "told"]


@dataclass(frozen=True)
class Step:
    """One step of a program.

    Attributes:
        action: what is done, in the lifecycle's own words (`create`, `use`, `close`).
        target: which of the things made so far it is about; the driver counts it modulo their number.
        value: what it says or carries, in the lifecycle's own words; empty for nothing particular.
    """

    action: str
    target: int = 0
    value: str = ""


Program = tuple[tuple[Step, ...], ...]


@dataclass(frozen=True)
class Taken:
    """One step as it was taken.

    Attributes:
        step: of the program.
        about: the name of the thing that it was about, as the driver knew it; empty for none.
        exchange: what was sent and answered; None for a step that sends nothing (a wait, or nothing to close).
    """

    step: Step
    about: str = ""
    exchange: Exchange | None = None


@dataclass(frozen=True)
class Trace:
    """A program as it was driven: its rounds, each with its steps in the order of the program."""

    rounds: tuple[tuple[Taken, ...], ...]

    @property
    def program(self) -> Program:
        """The program, to be driven again."""
        return tuple(tuple(taken.step for taken in steps) for steps in self.rounds)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange, in the order of the program."""
        return tuple(taken.exchange for steps in self.rounds for taken in steps if taken.exchange is not None)


def told(program: Program) -> str:
    """A program in one line: `create(0) | use(0) & close(0)`."""
    return " | ".join(
        " & ".join(f"{s.action}({s.target}{f' {s.value}' if s.value else ''})" for s in r) for r in program
    )
