"""Two harnesses at once, one of them killed: what it left goes with the next start, the other's stays."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import docker
import pytest

from seatrial.conformance.subject.lock import RUN_LABEL
from seatrial.conformance.subject.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

HARNESS = """
import sys
from seatrial.conformance.subject.dial import Reach
from seatrial.conformance.subject.image import ImageLauncher, Ways
from seatrial.conformance.subject.launcher import Files, LaunchSpec, Limits, Offer
from seatrial.conformance.subject.lock import Run
run = Run.open()
launcher = ImageLauncher(sys.argv[1], Limits(), Offer(), run, ways=Ways(reach=Reach.RELAY, volumes=True))
launcher.launch(LaunchSpec(files=Files.EMPTY))
print(run.id, flush=True)
input()
launcher.close()
run.close()
"""


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def harness(image: str) -> tuple[subprocess.Popen[str], str]:
    started = subprocess.Popen(
        [sys.executable, "-c", HARNESS, image], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    return started, started.stdout.readline().strip()


def left_by(engine: docker.DockerClient, run_id: str) -> tuple[int, int, int]:
    """How many containers, networks and volumes of a run there are."""
    label = {"label": f"{RUN_LABEL}={run_id}"}
    return (
        len(engine.containers.list(all=True, filters=label)),
        len(engine.networks.list(filters=label)),
        len(engine.volumes.list(filters=label)),
    )


def test_a_killed_harness_leaves_nothing_after_the_next_start_and_a_live_one_keeps_all(
    faults: str, engine: docker.DockerClient
):
    killed, killed_run = harness(faults)
    live, live_run = harness(faults)
    try:
        assert left_by(engine, killed_run) == (2, 2, 1)  # subject and relay; inside and outside; the model directory
        killed.kill()
        killed.wait()
        assert left_by(engine, killed_run) == (2, 2, 1)
        sweep(engine)
        assert left_by(engine, killed_run) == (0, 0, 0)
        assert left_by(engine, live_run) == (2, 2, 1)
    finally:
        live.communicate("\n")
    assert left_by(engine, live_run) == (0, 0, 0)
    assert live.returncode == 0
