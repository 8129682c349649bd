"""How a trial is interrupted: Ctrl-C, SIGTERM, or the death of the process that started it, all in one way.

Each raises `KeyboardInterrupt` in the main thread once; the session then gives the trial up and cleans up. While it
cleans up, nothing interrupts it: what it does then takes seconds and must not be left half done.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Interrupts"]

SAME = 1.0
"""Signals within so many seconds are one wish: a terminal sends Ctrl-C to us, and our parent passes it on."""


class Interrupts:
    """Turns signals into one `KeyboardInterrupt`.

    Args:
        leash: descriptor of a pipe that the parent holds; None where there is no parent to watch.
    """

    def __init__(self, leash: int | None) -> None:
        self._leash = leash
        self._last = 0.0
        self._held = False

    def install(self) -> None:
        """Take over SIGINT and SIGTERM, and begin to watch the parent."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)
        if self._leash is not None:
            threading.Thread(target=self._watch, args=(self._leash,), name="seatrial-leash", daemon=True).start()

    def hold(self) -> None:
        """From now on, nothing interrupts."""
        self._held = True

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._held or now - self._last < SAME:
            return
        self._last = now
        raise KeyboardInterrupt

    def _watch(self, leash: int) -> None:
        with contextlib.suppress(OSError):
            os.read(leash, 1)
        os.kill(os.getpid(), signal.SIGTERM)
