"""Real-time priority is taken where it is allowed, given back by whoever is busy, and never left behind."""

from __future__ import annotations

import os

from seatrial.loadgen.engine.priority import BUSY, Priority


def allowed() -> bool:
    """Whether this process may have it: asked of the kernel, not of what is tested."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def test_it_is_what_the_kernel_allows_and_is_given_back():
    may = allowed()
    priority = Priority()
    priority.raise_()
    assert priority.real_time == may
    assert os.sched_getscheduler(0) == (os.SCHED_RR if may else os.SCHED_OTHER)
    priority.lower()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_a_busy_process_gives_it_back_for_good():
    priority = Priority()
    priority.raise_()
    priority.lower_if_busy(BUSY - 0.1)
    assert priority.real_time == (os.sched_getscheduler(0) == os.SCHED_RR)
    priority.lower_if_busy(BUSY + 0.1)
    assert not priority.real_time
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
