"""Property-based driving with Hypothesis: the scenario records, the clause's own judge is the predicate.

Hypothesis invents inputs, `run` drives the subject with one, `judge` (pure) says whether the exchange breaks the rule.
The budget is fixed, the seed is the trial's, and no database is kept, so two runs do the same. A failing input is
shrunk and comes back as an ordinary exchange, which the report saves as a replay file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from seatrial.conformance.subject.lock import runtime_folder
from seatrial.conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

__all__ = ["Explored", "explore", "invent"]

T = TypeVar("T")


@dataclass(frozen=True)
class Explored:
    """What exploring found.

    Attributes:
        tried: how many inputs were driven, shrinking included.
        seed: that Hypothesis was given.
        failing: the smallest input found that breaks the rule, as it was driven; None where none did.
        why: what the judge said of it.
    """

    tried: int
    seed: int
    failing: Exchange | None = None
    why: str = ""


def explore(
    strategy: SearchStrategy[T],
    run: Callable[[T], Exchange],
    judge: Callable[[Exchange], None],
    *,
    examples: int,
    seed: int,
) -> Explored:
    """Drive a subject with invented inputs.

    Args:
        strategy: of inputs.
        run: drives the subject with one input and records the exchange.
        judge: raises `AssertionError` (as `expect` does) where the exchange breaks the rule.
        examples: how many inputs to try before shrinking.
        seed: of the trial.
    """
    tried, last = 0, None

    def example(value: T) -> None:
        nonlocal tried, last
        tried += 1
        exchange = run(value)
        try:
            judge(exchange)
        except AssertionError as error:
            last = (exchange, str(error))
            raise

    failure = invent(strategy, example, examples=examples, seed=seed)
    if failure is not None and last is None:
        raise failure
    return Explored(tried, seed, *last) if last else Explored(tried, seed)


def invent(
    strategy: SearchStrategy[T], example: Callable[[T], None], *, examples: int, seed: int
) -> BaseException | None:
    """Call `example` with invented values, and with ever smaller ones once it has failed; return how it failed last.

    Args:
        strategy: of values.
        example: raises `AssertionError` for a value that breaks the rule.
        examples: how many values to try before shrinking.
        seed: of the trial.
    """
    import hypothesis  # noqa: PLC0415  it costs a third of a second, and only driving needs it
    from hypothesis.configuration import set_hypothesis_home_dir  # noqa: PLC0415  comes with it

    # Without a database too it keeps what it looked up, and the user's folder is not its place.
    set_hypothesis_home_dir(runtime_folder() / "hypothesis")
    settings = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        verbosity=hypothesis.Verbosity.quiet,
    )
    test = hypothesis.seed(seed)(settings(hypothesis.given(strategy)(example)))
    try:
        test()
    except (AssertionError, hypothesis.errors.Flaky, BaseExceptionGroup) as failure:
        return failure
    return None
