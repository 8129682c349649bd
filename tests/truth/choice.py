"""What a request may ask of the ground truth, and a command line for all of them; the meanings stand in `truth`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

__all__ = ["MS", "Choice"]

MS = 1_000_000


@dataclass(frozen=True)
class Choice:
    """The choices with their defaults; those whose name ends in `_ms` are kept in ns. `truth.c` has the same table."""

    delay_ms: int = 5 * MS
    reply_bytes: int = 64
    tokens: int = 100
    ttft_ms: int = 50 * MS
    itl_ms: int = 10 * MS
    every: int = 1
    pause_ms: int = 0
    status: int = 200
    close: int = 0
    chunked: int = 0
    drop: int = 0
    truncate: int = 0
    reset: int = 0
    garbage: int = 0
    error_at: int = 0
    no_done: int = 0

    def but(self, text: str) -> Choice:
        """Return these with `delay_ms=20&status=500` applied; unknown names are passed over."""
        found = {}
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            if equals and name in NAMES:
                found[name] = int(float(value) * (MS if name.endswith("_ms") else 1))
        return replace(self, **found) if found else self

    def plain(self) -> Choice:
        """Return these without oddities: what the others get where `every` picks some requests."""
        return Choice(**{name: getattr(self, name) for name in ORDINARY})

    @property
    def odd(self) -> bool:
        """Whether there is no answer in HTTP at all."""
        return bool(self.drop or self.reset or self.garbage)


NAMES = tuple(field.name for field in fields(Choice))
ORDINARY = NAMES[: NAMES.index("pause_ms")]
