"""What the GPUs of this machine did while the load ran, by NVML: only where the server is local and there is one.

Everything here is optional: without the package (extra `gpu`), the driver or a GPU there is nothing to see, and the run
goes on without. It runs in a thread of the parent, which sends nothing and stamps nothing; begin it after the engines
were forked.
"""

from __future__ import annotations

import importlib
import ipaddress
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.result import Gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GpuSampler", "Reading", "is_local", "open_nvml", "summarise"]

EVERY_S = 0.5
MIB = 1 << 20


@dataclass(frozen=True)
class Reading:
    """One GPU at one moment.

    Attributes:
        index, name: which one.
        use: share of the last sampling period in which a kernel ran, 0…1.
        memory: bytes in use.
        power_w: watts; None where the device does not say.
    """

    index: int
    name: str
    use: float
    memory: int
    power_w: float | None


Nvml = Any
"""The module `pynvml` (package nvidia-ml-py), which ships no types."""


def is_local(host: str) -> bool:
    """Say whether a host is this machine, by its name or address; names are not looked up."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def open_nvml(module: str = "pynvml") -> Nvml | None:
    """Load and start NVML; None where the package, the driver or every GPU is missing."""
    try:
        nvml: Nvml = importlib.import_module(module)
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
        return nvml if nvml.nvmlDeviceGetCount() > 0 else None
    except nvml.NVMLError:
        return None


def _read(nvml: Nvml, count: int) -> list[Reading]:
    """Read every GPU that answers."""
    readings = []
    for index in range(count):
        try:
            device = nvml.nvmlDeviceGetHandleByIndex(index)
            name = nvml.nvmlDeviceGetName(device)
            use = nvml.nvmlDeviceGetUtilizationRates(device).gpu / 100
            memory = nvml.nvmlDeviceGetMemoryInfo(device).used
        except nvml.NVMLError:
            continue
        try:
            power: float | None = nvml.nvmlDeviceGetPowerUsage(device) / 1000
        except nvml.NVMLError:
            power = None
        readings.append(Reading(index, name.decode() if isinstance(name, bytes) else name, use, memory, power))
    return readings


def summarise(readings: Sequence[Reading]) -> tuple[Gpu, ...]:
    """Sum up the readings of a run, one value for each GPU, in the order of their numbers."""
    found = []
    for index in sorted({each.index for each in readings}):
        own = [each for each in readings if each.index == index]
        watts = [each.power_w for each in own if each.power_w is not None]
        found.append(
            Gpu(
                name=own[0].name,
                use_mean=sum(each.use for each in own) / len(own),
                use_high=max(each.use for each in own),
                memory_high_mib=max(each.memory for each in own) / MIB,
                power_mean_w=sum(watts) / len(watts) if watts else None,
            )
        )
    return tuple(found)


class GpuSampler:
    """Reads all GPUs twice a second, from `start` to `stop`.

    Args:
        read: returns one reading of each GPU.
        close: called once when it is over.
    """

    def __init__(self, read: Callable[[], list[Reading]], close: Callable[[], None]) -> None:
        self._read, self._close = read, close
        self._readings: list[Reading] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="gpu", daemon=True)

    @classmethod
    def for_host(cls, host: str) -> GpuSampler | None:
        """Return a sampler for the GPUs behind a server; None where it is elsewhere or NVML sees none."""
        nvml = open_nvml() if is_local(host) else None
        if nvml is None:
            return None
        count = nvml.nvmlDeviceGetCount()
        return cls(lambda: _read(nvml, count), nvml.nvmlShutdown)

    def start(self) -> GpuSampler:
        """Begin to read."""
        self._thread.start()
        return self

    def stop(self) -> tuple[Gpu, ...]:
        """End, and return what was seen."""
        self._over.set()
        self._thread.join()
        self._close()
        return summarise(self._readings)

    def _sample(self) -> None:
        while True:
            self._readings += self._read()
            if self._over.wait(EVERY_S):
                return
