"""`--find-capacity` on a real server that answers one request at a time."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from support.loopback import Handler, serving

from seatrial.loadgen.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SERVICE_S = 0.02
"""So its capacity is at most 50 requests a second."""


class OneAtATime(Handler):
    turn = threading.Lock()

    def post(self) -> None:
        self.body()
        with self.turn:
            time.sleep(SERVICE_S)  # what this server is: it takes so long for each request
        self.answer(200, {"ok": True})


def test_the_capacity_of_a_server_that_queues_is_below_its_service_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out, page = tmp_path / "capacity.json", tmp_path / "capacity.html"
    with serving(OneAtATime) as url:
        code = main([
            "--find-capacity", "-rps", "30", "-d", "1", "--slo", "p50<50ms", "--quiet", "--rows", "1", "--features",
            "2", "--json", str(out), "--html", str(page), "-e", url,
        ])  # fmt: skip
    found = json.loads(out.read_bytes())
    told = capsys.readouterr().out
    assert code == 0, told
    assert found["ending"] == "found"
    assert 15 <= found["rate"] < 1.15 / SERVICE_S
    assert found["failed"] <= 1.5 / SERVICE_S
    assert found["words"] in told
    assert any("kept rising" in each["reason"] or "p50" in each["reason"] for each in found["trials"])
    assert "<svg" in page.read_text()
