"""The judges of handlers tell a lost override from a swapped order, and name the versions that were in use."""

from __future__ import annotations

import pytest

from seatrial.conformance.api import Answer, Body, BootEnd, Exchange, Request
from seatrial.conformance.expect import ClauseBroken, Fact
from seatrial.suites.standards.scenarios.handlers import HandlersSeen
from seatrial.suites.standards.scenarios.spec import EagerSeen, SpecSeen
from seatrial.suites.standards.test_handlers import (
    test_called_decorator as judge_called,
)
from seatrial.suites.standards.test_handlers import (
    test_decorator_beats_engine as judge_decorator,
)
from seatrial.suites.standards.test_handlers import (
    test_exact_names as judge_names,
)
from seatrial.suites.standards.test_handlers import (
    test_routes_independent as judge_independent,
)
from seatrial.suites.standards.test_spec import (
    test_executed_at_start as judge_eager,
)
from seatrial.suites.standards.test_spec import (
    test_executed_once as judge_once,
)

VERSIONS = "fastapi=0.165.0 starlette=1.10.0 standards=0.1.16"


def answered(by: str) -> Exchange:
    """An answer of the engine, or of a handler that says who it is."""
    own = (("X-Seatrial-Handler", by),) if by != "engine" else ()
    headers = (*own, ("X-Seatrial-Versions", VERSIONS))
    return Exchange(Request("GET", "/ping"), Answer(200, headers=headers, body=Body()))


def seen(ping: str, invocations: str, end: BootEnd = BootEnd.READY) -> HandlersSeen:
    return HandlersSeen(end, answered(ping), answered(invocations), ())


def test_a_lost_override_is_told_with_the_versions_in_use() -> None:
    with pytest.raises(ClauseBroken, match=r"engine answered \(fastapi=0\.165\.0") as caught:
        judge_decorator(seen("variable", "engine"), seen("engine", "variable"))
    assert caught.value.reason == "decorator-ignored"


def test_a_handler_that_answers_the_other_route_too_is_seen() -> None:
    with pytest.raises(ClauseBroken) as caught:
        judge_independent(seen("variable", "decorated"), seen("decorated", "decorated"), seen("engine", "decorated"))
    assert caught.value.reason == "routes-coupled"


def test_the_documented_short_names_are_told_and_no_others_pass() -> None:
    with pytest.raises(Fact, match="the short names invocations count too"):
        judge_names(seen("decorated", "invocations"), seen("engine", "decorated"))
    with pytest.raises(ClauseBroken) as caught:
        judge_names(seen("decorated", "engine"), seen("ping_handler", "decorated"))
    assert caught.value.reason == "name-guessed"


def test_a_decorator_with_parentheses_may_be_refused_or_work_but_not_vanish() -> None:
    for end, who in ((BootEnd.EXITED, "engine"), (BootEnd.READY, "called")):
        with pytest.raises(Fact):
            judge_called(seen(who, "engine", end))
    with pytest.raises(ClauseBroken) as caught:
        judge_called(seen("engine", "engine"))
    assert caught.value.reason == "bare-decorator-only"


def test_a_start_that_failed_breaks_the_clause_with_the_last_line_of_its_log() -> None:
    lost = HandlersSeen(BootEnd.EXITED, answered("engine"), answered("engine"), ("ImportError: model",))
    with pytest.raises(ClauseBroken, match="the log ends: ImportError: model") as caught:
        judge_decorator(lost, lost)
    assert caught.value.reason == "handlers-start-failed"


@pytest.mark.parametrize(("loaded", "broken"), [(("x/model.py",), False), (("x/model.py",) * 2, True), ((), True)])
def test_a_script_is_executed_exactly_once(loaded: tuple[str, ...], broken: bool) -> None:
    specs = SpecSeen(BootEnd.READY, answered("engine"), answered("engine"), loaded, ())
    if not broken:
        judge_once(specs)
        return
    with pytest.raises(ClauseBroken, match=f"executed {len(loaded)} times"):
        judge_once(specs)


def test_a_script_that_waits_for_the_first_request_is_late() -> None:
    judge_eager(EagerSeen(loaded=True, waited=0.3, running=True))
    with pytest.raises(ClauseBroken) as caught:
        judge_eager(EagerSeen(loaded=False, waited=20.0, running=True))
    assert caught.value.reason == "loaded-late"
