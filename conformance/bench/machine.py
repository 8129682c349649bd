"""The machine that a benchmark runs on, as far as a figure depends on it."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from seatrial.conformance.bench.result import Machine

__all__ = ["this_machine"]


def this_machine() -> Machine:
    """What this machine is."""
    return Machine(
        processor=_field("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.processor() or platform.machine(),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=f"{platform.system()} {platform.machine()}",
    )


def _field(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text("utf-8"), re.MULTILINE)
    except OSError:
        return ""
    return found[1].strip() if found else ""
