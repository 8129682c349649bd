"""Every trouble with bidirectional streams has its cause named, on a server of FastAPI and uvicorn that has it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.samples import Sample
from seatrial.conformance.verdict import Word

STREAMER = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).parent / 'image' / 'streamer.py'))}"
UPGRADE, TEXT, BINARY, BUSY = "bidi.upgrade", "bidi.text", "bidi.binary", "bidi.pong-while-inferring"
SCALE = 0.2
MESSAGES = (
    Sample("few.json", "application/json", b'{"count": 3}', given=True),
    Sample("many.json", "application/json", b'{"count": 30}', given=True),
)

pytestmark = pytest.mark.timeout(120)


def options(fault: str, folder: Path, **more: object) -> TrialOptions:
    return TrialOptions(
        process=f"{STREAMER} {fault} {{port}}", profiles=("bidirectional",), bidi_samples=MESSAGES,
        startup_timeout=60.0, scale=SCALE, report=folder, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "cause", "says", "clause"),
    [
        ("no-library", "websocket-library-missing", "no library for WebSockets", UPGRADE),
        ("elsewhere", "stream-at-another-path", "at /ws, and not where the platform asks", UPGRADE),
        ("text-only", "reads-one-kind-of-message", "binary messages have none", BINARY),
        ("blocking", "answer-blocks-the-loop", "on the event loop", BUSY),
    ],
)
def test_the_cause_is_named(fault: str, cause: str, says: str, clause: str, tmp_path: Path):
    result = trial(options(fault, tmp_path), (UPGRADE, TEXT, BINARY, BUSY))
    assert [(found.id, found.proven, found.clauses) for found in result.diagnoses] == [(cause, True, (clause,))]
    assert says in result.diagnoses[0].cause
    assert [verdict.clause for verdict in result.of(Word.FAIL)] == [clause]
