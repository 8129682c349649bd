"""How busy a child process is, read while it runs."""

from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING

import pytest
from support.waiting import wait_until

from seatrial.loadgen.render.busiest import Busiest

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as Flag


def work(busy: bool, stop: Flag) -> None:
    while not stop.is_set():
        if not busy:
            stop.wait(30)


@pytest.mark.parametrize("busy", [True, False])
def test_a_busy_child_is_told_from_an_idle_one(busy: bool):
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    child = context.Process(target=work, args=(busy, stop))
    child.start()
    busiest, seen = Busiest(), [0.0]
    try:
        assert busiest(time.monotonic_ns()) is None

        def read() -> bool:
            seen.append(busiest(time.monotonic_ns()) or 0.0)
            return seen[-1] >= 0.2 if busy else len(seen) > 10

        wait_until(read, "a reading of the child's CPU")
    finally:
        stop.set()
        child.join(10)
    assert (seen[-1] >= 0.2) is busy


def test_without_a_child_nothing_is_told():
    busiest = Busiest()
    assert busiest(1) is None
    assert busiest(2) is None
