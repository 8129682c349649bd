"""What the GPUs of this machine did is told, through NVML's own interface with recorded answers: no GPU is needed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.benches import ECHO, bench, document
from support.berth import TINY
from support.ports import free_port
from support.waiting import wait_until

if TYPE_CHECKING:
    from support.berth import Berth

RECORDED = (Path(__file__).resolve().parent / "nvml.py").read_text("utf-8")
GIB = 1024


@pytest.fixture
def with_gpu(berth: Berth) -> Berth:
    """A folder in which `pynvml` answers as recorded."""
    berth.write("recorded/pynvml.py", RECORDED)
    berth.env["PYTHONPATH"] = f"{berth.folder / 'recorded'}:{TINY}"
    return berth


def test_gpus_stand_beside_the_figures_of_each_run(with_gpu: Berth) -> None:
    words = ("--concurrency", "1", "--duration", "3", "--warmup", "0", "--json", "out.json")
    ended = bench(with_gpu, "--process", ECHO, *words)
    assert ended.code == 0, ended.err
    (gpu,) = document(with_gpu)["steps"][0]["gpus"]
    assert (gpu["name"], gpu["use_high"], gpu["memory_high_mib"]) == ("NVIDIA A10G", 0.96, 21 * GIB)
    assert 152.3 < gpu["power_mean_w"] < 238.9
    headings, row = ended.out.splitlines()[-4:-2]
    assert [word in headings for word in ("GPU", "GPU memory", "power")] == [True] * 3
    assert "21.0 GiB" in row


def _outward() -> str:
    """An address of this machine that is no loopback, as a container's is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


@pytest.mark.parametrize(("words", "count"), [((), 0), (("--local-gpus",), 1)])
def test_the_load_generator_reads_them_for_a_server_in_a_container_when_told(
    with_gpu: Berth, words: tuple[str, ...], count: int
) -> None:
    port = free_port()
    server = subprocess.Popen(ECHO.format(port=port).split(), stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), "the server")
        target = f"http://{_outward()}:{port}"
        command = (sys.executable, "-m", "seatrial.loadgen", "-e", target, "-n", "20", "-c", "1", "--quiet")
        ended = with_gpu.run(*command, "--json", "load.json", *words)
    finally:
        server.kill()
        server.wait()
    assert ended.code == 0, ended.err
    assert len(json.loads((with_gpu.folder / "load.json").read_bytes())["gpus"]) == count
