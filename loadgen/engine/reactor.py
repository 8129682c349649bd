"""Waits for sockets and for one point in time, and calls whom it concerns.

On Linux that is epoll with a timerfd in it, driven from Python directly: no tasks, handles or contexts stand between an
event and its handler. Elsewhere `selectors` waits with a time-out, less exactly.

After each event the time is looked at once more: a hundred answers in one batch do not hold up a request that is due.
"""

from __future__ import annotations

import select
import selectors
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from seatrial.loadgen.engine.timerfd import TimerFd, has_timerfd

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FOREVER", "Handler", "Reactor", "make_reactor"]

FOREVER = 1 << 62
Handler = "Callable[[], None]"


class Reactor(Protocol):
    """What the engine needs of it. Handlers are called without arguments and find out themselves what they can do."""

    def add(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        """Call the handler when the descriptor can be read, or (while connecting) written."""

    def change(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        """Wait for something else on a descriptor that was added."""

    def remove(self, fd: int) -> None:
        """Forget a descriptor, before it is closed."""

    def hasten(self, at: int) -> None:
        """Call the next turn at `at`, ns, where it would come later; said from a handler."""

    def run(self, turn: Callable[[int], int]) -> None:
        """Call `turn(now)` whenever its time has come, until it returns 0; it returns when it is to be called next."""

    def close(self) -> None:
        """Give everything back."""


class EpollReactor:
    """Epoll and a timerfd."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._timer = TimerFd()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._sooner = FOREVER
        # Edge-triggered: arming it anew clears it, so it is never read.
        self._epoll.register(self._timer.fd, select.EPOLLIN | select.EPOLLET)

    def add(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        self._handlers[fd] = handler
        self._epoll.register(fd, select.EPOLLOUT if write else select.EPOLLIN)

    def change(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        self._handlers[fd] = handler
        self._epoll.modify(fd, select.EPOLLIN | select.EPOLLOUT if write else select.EPOLLIN)

    def remove(self, fd: int) -> None:
        del self._handlers[fd]
        self._epoll.unregister(fd)

    def hasten(self, at: int) -> None:
        self._sooner = min(self._sooner, at)

    def run(self, turn: Callable[[int], int]) -> None:
        poll, handlers, now = self._epoll.poll, self._handlers, monotonic_ns
        due, armed = turn(now()), 0
        while due:
            due = min(due, self._sooner)
            self._sooner = FOREVER
            if due != armed:
                self._timer.arm(due)
                armed = due
            for fd, _ in poll():
                handler = handlers.get(fd)
                if handler is not None:
                    handler()
                time = now()
                if time >= due:
                    due = turn(time)
                    if not due:
                        return

    def close(self) -> None:
        self._epoll.close()
        self._timer.close()


class PortableReactor:
    """Whatever this system offers for waiting; times are as exact as its time-outs."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._sooner = FOREVER

    def add(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        self._selector.register(fd, selectors.EVENT_WRITE if write else selectors.EVENT_READ, handler)

    def change(self, fd: int, handler: Callable[[], None], *, write: bool) -> None:
        self._selector.modify(
            fd, selectors.EVENT_READ | selectors.EVENT_WRITE if write else selectors.EVENT_READ, handler
        )

    def remove(self, fd: int) -> None:
        self._selector.unregister(fd)

    def hasten(self, at: int) -> None:
        self._sooner = min(self._sooner, at)

    def run(self, turn: Callable[[int], int]) -> None:
        due = turn(monotonic_ns())
        while due:
            due, self._sooner = min(due, self._sooner), FOREVER
            for key, _ in self._selector.select(max(0.0, (due - monotonic_ns()) / 1e9)):
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            time = monotonic_ns()
            if time >= due:
                due = turn(time)

    def close(self) -> None:
        self._selector.close()


def make_reactor(*, portable: bool = False) -> Reactor:
    """Return the best reactor of this system.

    Args:
        portable: take the one that works everywhere, to see it work here.
    """
    return PortableReactor() if portable or not (has_timerfd() and hasattr(select, "epoll")) else EpollReactor()
