"""Lets a scenario that measures short times work alone: nothing else is started or driven meanwhile."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Quiet"]


class Quiet:
    """Many may work at once, or one alone. Whoever wants to be alone goes before those that come later.

    A thread that works may say so again, as often as it likes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._working = 0
        self._alone = False
        self._waiting = 0
        self._mine = threading.local()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Work beside others, once nobody is or wants to be alone."""
        if getattr(self._mine, "works", False):
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._waiting)
            self._working += 1
        self._mine.works = True
        try:
            yield
        finally:
            self._mine.works = False
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Work alone, once everybody has finished; within one's own work, as far as the others allow."""
        if getattr(self._mine, "works", False):
            yield
            return
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._alone and not self._working)
            finally:
                self._waiting -= 1
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
