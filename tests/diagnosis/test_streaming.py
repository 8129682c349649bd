"""Every trouble with streams has its cause named, on a server of FastAPI and uvicorn that has it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.samples import Sample
from seatrial.conformance.verdict import Word

SERVER = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).parent / 'image' / 'streaming_faults.py'))}"
CHUNKED, INCREMENTAL, PING = "stream.chunked", "stream.incremental", "stream.ping-meanwhile"
STREAM = Sample("stream.json", "application/json", b'{"stream": true}', given=True)

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("fault", "cause", "says", "clause", "proven"),
    [
        ("proxied", "stream-buffered-by-proxy", "Via: 1.1 front", INCREMENTAL, True),
        ("collected", "stream-collected-by-server", "the same answer in one piece took 0.8", INCREMENTAL, False),
        ("plain", "stream-flag-ignored", "Content-Length", CHUNKED, True),
        ("blocking", "streams-block-ping", "idle it took 0.", PING, True),
    ],
)
def test_the_cause_is_named(fault: str, cause: str, says: str, clause: str, proven: bool, tmp_path: Path):
    options = TrialOptions(
        process=f"{SERVER} {fault} {{port}}", profiles=("streaming",), stream_samples=(STREAM,), startup_timeout=60.0,
        scale=0.2, report=tmp_path,
    )  # fmt: skip
    result = trial(options, (clause,))
    assert [(found.id, found.proven, found.clauses) for found in result.diagnoses] == [(cause, proven, (clause,))]
    assert says in result.diagnoses[0].proof
    assert [verdict.clause for verdict in result.of(Word.FAIL)] == [clause]
