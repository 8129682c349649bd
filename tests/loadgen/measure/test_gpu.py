"""GPU telemetry: nothing where there is nothing, and the arithmetic on readings as NVML gives them."""

from __future__ import annotations

import pytest
from support.waiting import wait_until

from seatrial.loadgen.gpu import GpuSampler, Reading, is_local, open_nvml, summarise
from seatrial.loadgen.result import Gpu

RECORDED = [
    Reading(0, "NVIDIA A10G", 0.0, 1 << 30, 60.0),
    Reading(1, "NVIDIA A10G", 0.5, 2 << 30, None),
    Reading(0, "NVIDIA A10G", 0.96, 21 << 30, 240.0),
    Reading(1, "NVIDIA A10G", 0.7, 2 << 30, None),
    Reading(0, "NVIDIA A10G", 0.84, 20 << 30, 210.0),
]


def test_readings_are_summed_up_for_each_gpu():
    assert summarise(RECORDED) == (
        Gpu("NVIDIA A10G", use_mean=0.6, use_high=0.96, memory_high_mib=21 * 1024, power_mean_w=170.0),
        Gpu("NVIDIA A10G", use_mean=0.6, use_high=0.7, memory_high_mib=2 * 1024, power_mean_w=None),
    )


def test_no_readings_are_no_gpu():
    assert summarise([]) == ()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "::1", "[::1]", "api.localhost"])
def test_this_machine(host: str):
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com", "2001:db8::1", ""])
def test_another_machine(host: str):
    assert not is_local(host)


def test_without_the_package_there_is_nothing():
    assert open_nvml("a_package_that_is_not_there") is None


def test_a_server_elsewhere_is_not_asked_for():
    assert GpuSampler.for_host("example.com") is None


def test_a_local_server_is_asked_for_and_never_breaks_a_run():
    # Where this machine has a GPU there is a sampler, and nothing otherwise: both must go through.
    sampler = GpuSampler.for_host("127.0.0.1")
    seen = sampler.start().stop() if sampler else ()
    assert all(0 <= each.use_mean <= each.use_high <= 1 for each in seen)


def test_it_reads_from_start_to_stop_and_closes_once():
    closed: list[bool] = []
    reads: list[int] = []

    def read() -> list[Reading]:
        reads.append(1)
        return RECORDED[:2]

    sampler = GpuSampler(read, lambda: closed.append(True)).start()
    wait_until(lambda: reads, "the first reading")
    assert closed == []
    found = sampler.stop()
    assert len(found) == 2
    assert closed == [True]
    after = len(reads)
    assert summarise(RECORDED[:2] * after) == found
