"""What holds for images holds for processes, as far as a process shows it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.subject.launcher import Offer
from seatrial.conformance.verdict import Word

HERE = Path(__file__).parent
BROKEN = f"{shlex.quote(sys.executable)} -u {shlex.quote(str(HERE / 'image' / 'broken.py'))} --port {{port}}"

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("fault", "cause", "says", "clause"),
    [
        ("loopback", "loopback-bind", "127.0.0.1:", "port.not-loopback"),
        ("next-port", "wrong-port", "where the platform calls", "port.listens-on-8080"),
        ("host-check", "host-check", "Host header", "ping.answers-200"),
        ("silent-exit", "silent-exit", "code 3", "start.stays-up"),
    ],
)
def test_the_cause_is_named(fault: str, cause: str, says: str, clause: str, tmp_path: Path):
    offer = Offer(env=(("BROKEN", fault),), public_env=frozenset({"BROKEN"}))
    options = TrialOptions(process=BROKEN, offer=offer, startup_timeout=40.0, scale=0.2, report=tmp_path)
    result = trial(options, ("port.not-loopback", "port.listens-on-8080", "ping.answers-200", "start.stays-up"))
    assert [d.id for d in result.diagnoses] == [cause]
    assert says in result.diagnoses[0].cause
    assert result.diagnoses[0].proven
    assert [v.clause for v in result.of(Word.FAIL)] == [clause] == list(result.diagnoses[0].clauses)
