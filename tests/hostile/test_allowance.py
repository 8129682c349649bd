"""The time for driving ends all waiting, and grows for what is slow by nature."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.allowance import Allowance
from seatrial.conformance.samples import SampleSeen, SamplesSeen
from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.exchange import Exchange, Request, Trouble
from seatrial.conformance.wire.horizon import Horizon
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def silent() -> Iterator[Address]:
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Address(*server.getsockname())


def test_no_exchange_outlasts_the_horizon(silent: Address):
    client = Client(silent, origin=time.monotonic(), mask=Redactor(), horizon=Horizon(time.monotonic() + 0.2))
    begun = time.monotonic()
    assert client.get(timeout=60.0).trouble is Trouble.TIMEOUT
    with client.connect(60.0) as connection:
        connection.idle_closed(60.0)
    assert time.monotonic() - begun < 10.0


def test_it_tells_once_that_it_is_spent():
    told = threading.Event()
    allowance = Allowance(told.set)
    assert not told.wait(0.05)
    allowance.begin(0.05, start=0.0, launches=3)
    assert told.wait(10.0)


def test_slow_starts_and_slow_calls_add_to_it():
    allowance = Allowance(lambda: None)
    allowance.begin(300.0, start=50.0, launches=4)
    assert allowance.seconds == 300.0 + 2 * 50.0 * 4
    call = Exchange(Request("POST", "/invocations"), done=10.0)
    seen = SampleSeen("given", "text/csv", given=True, slow=False, accepted=True, repeats=True, first=call)
    allowance.know(SamplesSeen((seen,)))
    assert allowance.seconds == 300.0 + 400.0 + 600.0
    allowance.close()


def test_nothing_is_told_of_a_trial_that_has_ended():
    told = threading.Event()
    allowance = Allowance(told.set)
    allowance.begin(0.1, start=0.0, launches=0)
    allowance.close()
    assert not told.wait(0.3)
