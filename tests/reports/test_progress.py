"""Where a running trial stands."""

from __future__ import annotations

import pytest

from seatrial.conformance.events import Event, EventKind
from seatrial.conformance.result import Plan, PlannedLaunch
from seatrial.reports.progress import Progress, told

PLAN = Plan((PlannedLaunch("main", "all", ("a", "b"), 4.0, 6.0), PlannedLaunch("stop", "stop", ("c",), 0.0, 3.0)))


def follow(*events: Event) -> Progress:
    progress = Progress(PLAN, 80)
    for event in events:
        progress.tell(event)
    return progress


LAUNCHED = Event(EventKind.LAUNCHING, 0.0, "main")
READY = Event(EventKind.READY, 2.0, "main", detail="200 after 2.0 s")
DRIVING = Event(EventKind.DRIVING, 2.0, "main", "a")
DROVE = Event(EventKind.DROVE, 7.0, "main", "a", "5.0 s")


def test_a_launch_is_shown_from_its_start_to_its_stop():
    assert follow(LAUNCHED).lanes["main"].doing == "starting"
    assert follow(LAUNCHED, READY).lanes["main"].doing == "ready"
    assert follow(LAUNCHED, READY, DRIVING).lanes["main"].doing == "driving a"
    assert not follow(LAUNCHED, READY, Event(EventKind.STOPPED, 9.0, "main")).lanes


def test_the_time_left_shrinks_with_what_was_driven():
    assert follow().left(0.0) == pytest.approx(10.0)
    assert follow(LAUNCHED, READY, DRIVING).left(5.0) == pytest.approx(7.0)
    assert follow(LAUNCHED, READY, DRIVING, DROVE).left(7.0) == pytest.approx(5.0)
    assert follow(LAUNCHED, Event(EventKind.STOPPED, 12.0, "main")).left(12.0) == pytest.approx(3.0)
    assert follow(LAUNCHED, Event(EventKind.DONE, 15.0)).left(15.0) == 0.0


def test_a_scenario_that_takes_longer_than_planned_never_makes_the_time_negative():
    assert follow(LAUNCHED, READY, DRIVING).left(500.0) == pytest.approx(5.0)


def test_every_kind_of_event_but_the_start_of_a_scenario_is_told_in_a_line():
    silent = [kind for kind in EventKind if not told(Event(kind, 1.5, "main", "a", "200 after 1.4 s"))]
    assert silent == [EventKind.DRIVING]
    assert told(READY) == "    2.0 s  main: ready, 200 after 2.0 s"
    assert told(Event(EventKind.DONE, 3.0, detail="no such image")) == "    3.0 s  given up: no such image"
