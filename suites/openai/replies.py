"""Reads recorded answers for the judges: pure, and lenient where another clause is the one to complain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Exchange, NotApplicable, Unobserved, Untested, expect
from seatrial.suites.openai.library import needed
from seatrial.suites.openai.values import decoded, dig, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import BaseModel

__all__ = ["Stream", "body_of", "json_of", "misfits", "refused", "served", "stream_of", "text_of"]

DONE = "[DONE]"
SHOWN = 3


@dataclass(frozen=True)
class Stream:
    """The events of a stream.

    Attributes:
        data: of each event before the one that says that it is done.
        done: whether one said so.
        after: events behind that.
        utf8: whether all of it is text.
    """

    data: tuple[str, ...]
    done: bool
    after: int
    utf8: bool

    @property
    def chunks(self) -> Iterator[Any]:
        """The events' values; None for one that is no JSON."""
        return (decoded(data) for data in self.data)

    def choices(self, index: int = 0) -> list[Any]:
        """The parts of one choice, in order."""
        found = (choice for chunk in self.chunks for choice in listed(chunk, "choices"))
        return [choice for choice in found if dig(choice, "index") == index]

    def text(self, index: int = 0) -> str:
        """What the deltas of a choice add up to."""
        pieces = (dig(choice, "delta", "content") for choice in self.choices(index))
        return "".join(piece for piece in pieces if isinstance(piece, str))

    def finishes(self, index: int = 0) -> list[Any]:
        """Why a choice ended, as often as it was said."""
        return [why for choice in self.choices(index) if (why := dig(choice, "finish_reason")) is not None]

    def usage(self) -> Any:
        """The last sums of tokens that a chunk told; None where none did."""
        return next((told for chunk in reversed(list(self.chunks)) if (told := dig(chunk, "usage"))), None)


def body_of(exchange: Exchange) -> bytes:
    """The body of an answer.

    Raises:
        Unobserved: not all of it was kept.
    """
    body = exchange.answer.body if exchange.answer else None
    if body is not None and body.cut:
        raise Unobserved(Untested.PREREQUISITE, f"an answer of {body.length:,} bytes is not kept whole")
    return body.head if body else b""


def json_of(exchange: Exchange) -> Any:
    """The value of an answer in JSON; None where it is none."""
    return decoded(body_of(exchange))


def text_of(exchange: Exchange) -> str:
    """The text of a chat that was answered in one piece."""
    text = dig(json_of(exchange), "choices", 0, "message", "content")
    return text if isinstance(text, str) else ""


def stream_of(exchange: Exchange) -> Stream:
    """The events of an answer, read by the client's own decoder.

    Raises:
        Unobserved: the client is missing, or the answer was not kept whole.
    """
    with needed():
        from seatrial.suites.openai import published  # noqa: PLC0415  the client is an extra
    body = body_of(exchange)
    text = body.decode("utf-8", "replace")
    data = published.events(text)
    end = next((at for at, each in enumerate(data) if each.startswith(DONE)), len(data))
    return Stream(data[:end], end < len(data), max(len(data) - end - 1, 0), text.encode() == body)


def misfits(kind: str, text: bytes | str) -> str:
    """What keeps a JSON text from being of a published type, in words; empty where nothing does.

    Args:
        kind: the name of the type in `published`.
        text: the JSON.

    Raises:
        Unobserved: the client is missing.
    """
    with needed():
        from seatrial.suites.openai import published  # noqa: PLC0415  the client is an extra
    model: type[BaseModel] = getattr(published, kind)
    found = published.misfits(model, text)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def refused(exchange: Exchange) -> bool:
    """Whether a complete answer says that the request is wrong."""
    return exchange.trouble is None and 400 <= (exchange.status or 0) < 500


def served(exchange: Exchange, *, reason: str, what: str) -> None:
    """Expect that a parameter is served, and go no further where it is refused, which is legal.

    Raises:
        NotApplicable: it is refused.
    """
    if refused(exchange):
        raise NotApplicable(f"{what} is refused: {exchange.summary}")
    expect(exchange.ok, f"{what}: {exchange.summary}", proof=exchange).to_be_true(
        reason=reason, expected=f"200, or 400 where {what} is not supported"
    )
