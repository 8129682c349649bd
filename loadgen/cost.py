"""What a million requests or tokens cost at the rate of the run, from the price of an hour."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.result import Cost

if TYPE_CHECKING:
    from seatrial.loadgen.plan import Plan

__all__ = ["Price", "cost_of", "price_of"]


@dataclass(frozen=True)
class Price:
    """The price of an hour of one instance, its currency, and where it was read."""

    per_hour: float
    currency: str
    source: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("seatrial.loadgen").joinpath("prices.toml").read_text("utf-8"))


def price_of(instance_type: str) -> Price:
    """Look up the list price of a SageMaker instance type, real-time inference on demand.

    Raises:
        UsageError: it is not in the table; the closest names are told.
    """
    table = _table()
    row = table["prices"].get(instance_type)
    if row is None:
        size = instance_type.removeprefix("ml.")
        close = difflib.get_close_matches(f"ml.{size}", table["prices"], n=4, cutoff=0.6) or sorted(table["prices"])[:4]
        raise UsageError(
            f"--instance-type {instance_type!r} has no list price here; the closest are {', '.join(close)}, "
            "or give --price-per-hour."
        )
    source = f"{instance_type}, {table['region']}, on demand: {table['sources'][row['source']]}"
    return Price(float(row["usd"]), table["currency"], source)


def cost_of(plan: Plan, *, requests: float, tokens: float | None) -> Cost | None:
    """Return the cost at the rate of a run; None where no price was asked for.

    Args:
        plan: with `price_per_hour` or `instance_type`; the first wins.
        requests: good answers a second.
        tokens: output tokens a second; None where they are not counted.

    Raises:
        UsageError: the instance type has no price.
    """
    if plan.price_per_hour is not None:
        price = Price(plan.price_per_hour, "USD", "--price-per-hour")
    elif plan.instance_type is not None:
        price = price_of(plan.instance_type)
    else:
        return None
    per_million = price.per_hour / 3600 * 1e6
    return Cost(
        per_hour=price.per_hour,
        currency=price.currency,
        per_million_requests=per_million / requests if requests > 0 else None,
        per_million_tokens=per_million / tokens if tokens else None,
        source=price.source,
    )
