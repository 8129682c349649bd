"""The limits of a launch, in the words of the engine. Pure: the same values give the same settings.

Subjects are started as the platform starts them, so nothing here takes away what a legal image may use: default
capabilities and setuid programs stay, because images legally chown, drop privileges and read files of other users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docker.types import DeviceRequest, LogConfig

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import LaunchSpec, Limits
    from seatrial.conformance.subject.mounts import Mounted

__all__ = ["settings"]


def settings(limits: Limits, spec: LaunchSpec, mounted: Mounted) -> dict[str, Any]:
    """Keyword arguments for the engine's `create`."""
    chosen: dict[str, Any] = {
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,  # the platform has no swap: memory and swap together are the memory
        "pids_limit": limits.pids,
        "shm_size": limits.shm_bytes,
        "mounts": mounted.mounts(),
        "restart_policy": {"Name": "no"},
        "init": False,  # an engine may be set to put one in front (aws:hosting: PID 1 gets the signals)
        "tty": False,
        "stdin_open": False,
        "log_config": LogConfig(type="none"),  # the attached stream is the log; a file of it would fill the disk
        "use_config_proxy": False,
    }
    if limits.cpus:
        chosen["nano_cpus"] = int(limits.cpus * 1e9)
    if limits.gpus:
        chosen["device_requests"] = [_gpus(limits.gpus)]
    if spec.hostname:
        chosen["hostname"] = spec.hostname
    return chosen


def _gpus(wanted: str) -> DeviceRequest:
    """`all`, a count, or device ids with commas between."""
    if wanted == "all" or wanted.isdigit():
        return DeviceRequest(count=-1 if wanted == "all" else int(wanted), capabilities=[["gpu"]])
    return DeviceRequest(device_ids=wanted.split(","), capabilities=[["gpu"]])
