"""Starting and awaiting subjects in tests: every wait is for a condition, with a deadline."""

from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING

from seatrial.conformance.subject.launcher import LaunchSpec
from subjects import FAULT_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.launcher import Instance

__all__ = ["faulty", "ping", "ready", "until"]

PATIENCE = 60.0


def faulty(fault: str) -> LaunchSpec:
    """The launch of a fault."""
    return LaunchSpec(name=fault or "good", env=((FAULT_VARIABLE, fault),))


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience} s: {condition}"
        time.sleep(0.02)


def ping(instance: Instance) -> int:
    """The status of `/ping`; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"{instance.address}/ping", timeout=2) as answer:  # noqa: S310  (http, to our own subject)
            return int(answer.status)
    except OSError:
        return 0


def ready(instance: Instance) -> Instance:
    """The instance, once it answers."""
    until(lambda: ping(instance) == 200)
    return instance
