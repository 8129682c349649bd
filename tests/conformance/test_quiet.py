"""Whoever measures short times works alone, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from seatrial.conformance.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 10.0


def started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    thread.join(DEADLINE)
    return not thread.is_alive()


def test_nothing_else_happens_while_one_works_alone():
    quiet, beside, overlaps = Quiet(), 0, []
    lock = threading.Lock()

    def work() -> None:
        nonlocal beside
        for _ in range(200):
            with quiet.working():
                with lock:
                    beside += 1
                with lock:
                    beside -= 1

    def alone() -> None:
        for _ in range(50):
            with quiet.alone():
                overlaps.append(beside)
                time.sleep(0)
                overlaps.append(beside)

    threads = [started(work), started(work), started(alone), started(alone)]
    assert all(ended(thread) for thread in threads)
    assert set(overlaps) == {0}


def test_one_who_wants_to_be_alone_is_not_passed_by_those_who_come_later():
    quiet, order = Quiet(), list[str]()
    entered = threading.Event()

    def alone() -> None:
        with quiet.alone():
            order.append("alone")

    def later() -> None:
        with quiet.working():
            order.append("later")

    with quiet.working():
        first = started(alone)
        while not quiet._waiting:  # noqa: SLF001  that it waits shows nowhere else
            entered.wait(0.001)
        second = started(later)
    assert ended(first)
    assert ended(second)
    assert order == ["alone", "later"]


def test_a_thread_that_works_may_begin_another_piece_while_somebody_waits_to_be_alone():
    quiet = Quiet()
    with quiet.working():
        waiting = started(lambda: quiet.alone().__enter__())
        while not quiet._waiting:  # noqa: SLF001  that it waits shows nowhere else
            time.sleep(0.001)
        with quiet.working(), quiet.alone():
            pass
    assert ended(waiting)
