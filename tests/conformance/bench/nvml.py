"""NVML as `pynvml` offers it, with what an A10G answered while a model was served. Stands on the path as `pynvml`."""

NAME = "NVIDIA A10G"
USES = [41, 96, 88, 93]
MEMORY = [18 << 30, 21 << 30]
MILLIWATTS = [152_300, 238_900, 221_400]
READ = {"use": 0, "memory": 0, "power": 0}


class NVMLError(Exception):
    """Any refusal of the driver."""


class Utilization:
    def __init__(self, gpu: int) -> None:
        self.gpu, self.memory = gpu, 0


class Memory:
    def __init__(self, used: int) -> None:
        self.total, self.used, self.free = 24 << 30, used, (24 << 30) - used


def _next(what: str, answers: list[int]) -> int:
    READ[what] += 1
    return answers[(READ[what] - 1) % len(answers)]


def nvmlInit() -> None:  # noqa: N802  as the library names it
    """Start."""


def nvmlShutdown() -> None:  # noqa: N802
    """End."""


def nvmlDeviceGetCount() -> int:  # noqa: N802
    return 1


def nvmlDeviceGetHandleByIndex(index: int) -> int:  # noqa: N802
    if index != 0:
        raise NVMLError("invalid argument")
    return 7


def nvmlDeviceGetName(_: int) -> bytes:  # noqa: N802
    return NAME.encode()


def nvmlDeviceGetUtilizationRates(_: int) -> Utilization:  # noqa: N802
    return Utilization(_next("use", USES))


def nvmlDeviceGetMemoryInfo(_: int) -> Memory:  # noqa: N802
    return Memory(_next("memory", MEMORY))


def nvmlDeviceGetPowerUsage(_: int) -> int:  # noqa: N802
    return _next("power", MILLIWATTS)
