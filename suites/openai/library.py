"""Where OpenAI's client is missing, what it would judge is out of reach, with the line that installs it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from seatrial.conformance.api import Unobserved, Untested

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["needed"]


@contextlib.contextmanager
def needed() -> Iterator[None]:
    """Around the import of what needs the client.

    Raises:
        Unobserved: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        why = f"OpenAI's client is not installed ({error.name} is missing): pip install 'seatrial[openai]'"
        raise Unobserved(Untested.OUT_OF_REACH, why) from error
