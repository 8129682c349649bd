"""Puts the kernel's receive stamps, which are of the wall clock, on the monotonic one."""

from __future__ import annotations

from time import monotonic_ns, time_ns

__all__ = ["Clock"]

LOOK_EVERY = 100_000_000


class Clock:
    """The distance of the two clocks, looked at anew ten times a second, as the wall clock may be stepped."""

    def __init__(self) -> None:
        self.next_look = 0
        self.monotonic_less_real = 0

    def monotonic(self, seconds: int, nanoseconds: int) -> int:
        """Return a stamp as ns of CLOCK_MONOTONIC, never one of the future."""
        now = monotonic_ns()
        if now >= self.next_look:
            self.look()
            self.next_look = now + LOOK_EVERY
        return min(seconds * 1_000_000_000 + nanoseconds + self.monotonic_less_real, now)

    def look(self) -> None:
        """Of five looks the one counts that was least interrupted."""
        looks = [(monotonic_ns(), time_ns(), monotonic_ns()) for _ in range(5)]
        before, between, after = min(looks, key=lambda look: look[2] - look[0])
        self.monotonic_less_real = (before + after) // 2 - between
