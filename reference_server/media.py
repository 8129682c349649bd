"""Media types of requests and answers: what Content-Type says, and what Accept allows (RFC 9110, 8.3 and 12.5.1).

Names are compared without case and parameters never hide a type: `Application/JSON; Charset="UTF-8"` is JSON.
It does not read bodies.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message

JSON = "application/json"
CSV = "text/csv"
BINARY = "application/octet-stream"

_NAME = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;|$)")


@dataclass(frozen=True)
class MediaType:
    """A media type: lower-case `name` such as `text/csv`, and its parameters with lower-case names."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "MediaType":
        """Read a Content-Type value.

        Raises:
            ValueError: the text is no media type.
        """
        found = _NAME.match(text)
        if found is None:
            raise ValueError(f"{text[:80]!r} is no media type, expected something like {JSON!r}")
        message = Message()
        message["content-type"] = text
        pairs = message.get_params(failobj=[])[1:]
        return cls(found[1].lower(), {name.lower(): value for name, value in pairs if name})

    @property
    def charset(self) -> str:
        """The character set, `utf-8` where none is named."""
        return self.parameters.get("charset", "utf-8").lower()


@dataclass(frozen=True)
class Accept:
    """What a caller accepts: (range, quality) pairs, none where anything is welcome."""

    ranges: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Accept":
        """Read an Accept value; parts that are no media range are passed over."""
        parts = (_media_range(part) for part in text.split(","))
        return cls(tuple(part for part in parts if part is not None))

    def quality(self, name: str) -> float:
        """Return how welcome a media type is, 0.0 (refused) to 1.0; the most specific range decides."""
        if not self.ranges:
            return 1.0
        family = name.partition("/")[0] + "/*"
        for wanted in (name, family, "*/*"):
            found = [quality for text, quality in self.ranges if text == wanted]
            if found:
                return max(found)
        return 0.0

    def choose(self, available: Sequence[str]) -> str | None:
        """Return the most welcome of the available types, the first of equals, or None."""
        best = max(available, key=self.quality)
        return best if self.quality(best) > 0 else None


def _media_range(part: str) -> tuple[str, float] | None:
    try:
        media = MediaType.parse(part)
        quality = float(media.parameters.get("q", "1"))
    except ValueError:
        return None
    return media.name, min(max(quality, 0.0), 1.0)
