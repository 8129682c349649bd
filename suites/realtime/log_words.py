"""What a line of a log proves: the words by which programs say that a start failed, and why.

Pure tables and functions, shared by scenarios (which stop waiting once the reason is there) and judges. A pattern that
proves a cause must be narrow, because a false alarm is worse than a miss; one that looks for any reason is wide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ARCHIVE_MISSING", "CMD_MISSED", "GPU_TOLD", "INIT_ATE_SERVE", "NETWORK", "NO_TERMINAL", "READ_ONLY", "REASON",
    "first_match",
]  # fmt: skip


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


INIT_ATE_SERVE = _words(
    r"exec serve failed",  # tini
    r"\[dumb-init\] serve: ",
    r"\bserve: (no such file|command not found|not found)",
    r"(unable|failed) to (exec|execute|start|run|spawn)\w* .{0,20}\bserve\b",  # catatonit, s6, and others
)
"""An init that took the word `serve` for the program to run."""

CMD_MISSED = _words(
    r"\bserve['\"]?: (no such file|command not found|not found)",  # a script that ends in exec "$@"
    r"can't open file '[^']*\bserve'",  # python
    r"cannot find module '[^']*\bserve'",  # node
    r"could not open input file: serve",  # php
    r"unable to access jarfile serve",  # java
    r"(following arguments are|following required arguments|argument .{0,40} is) required",
    r"unrecognized (arguments|subcommand|option)s?:? .{0,40}\bserve",
    r"(invalid choice|unexpected (extra )?argument|unknown (sub)?command|no such (sub)?command)\W{0,6}serve",
    r"(missing|expected) (required )?(argument|operand|parameter|option)s?\b",
)
"""A program that got `serve` where it expected what CMD used to pass."""

NO_TERMINAL = _words(
    r"inappropriate ioctl for device",
    r"(input device|stdin|standard input|stdout) is not a (tty|terminal)",
    r"not a typewriter",
    r"/dev/tty\b",
    r"EOFError: EOF when reading a line",
    r"must be run (from|in) (a|an interactive) terminal",
)
"""A program that asked for a terminal, or read from its standard input."""

READ_ONLY = _words(r"read-only file ?system", r"\bEROFS\b", r"\[Errno 30\]", r"os error 30\b")
"""A write that the kernel refused because the file system is mounted read-only."""

DENIED = _words(r"permission denied", r"\[Errno 13\]", r"os error 13\b")
"""A write that the kernel refused because of a file's mode."""

ARCHIVE_MISSING = _words(r"model\.tar\.gz")
"""Names the archive that the platform has unpacked before the start."""

GPU_TOLD = _words(
    r"\bcuda\b", r"\bgpus?\b", r"nvidia", r"libcuda", r"\brocm\b", r"no (accelerator|device)", r"\bnvml\b"
)
"""Names the device that is missing."""

NETWORK = _words(
    r"name resolution", r"getaddrinfo", r"could not resolve", r"\bENOTFOUND\b", r"nodename nor servname",
    r"network is unreachable", r"no route to host", r"max retries exceeded", r"failed to establish a new connection",
    r"connection to .{0,80} timed out", r"offline mode", r"couldn't connect to", r"connect(ion)? ?timed? ?out",
    r"create_connection",
)  # fmt: skip
"""A connection to the outside that came to nothing."""

REASON = _words(
    r"error", r"exception", r"traceback", r"\bfail", r"\bcannot\b", r"can't", r"\bcould not\b", r"couldn't",
    r"\bunable\b", r"invalid", r"corrupt", r"not found", r"no such", r"unexpected", r"unsupported", r"unknown",
    r"refuse", r"missing", r"denied", r"fatal", r"critical", r"panic", r"\babort", r"\bexpected\b", r"truncated",
    r"\bbad\b", r"\bnot a\b", r"\bdoes not\b", r"incompatible", r"mismatch", r"malformed",
)  # fmt: skip
"""Any words by which a program says what is wrong."""


def first_match(pattern: re.Pattern[str], lines: Iterable[str]) -> str:
    """The first line that matches, trimmed to 200 characters; empty where none does."""
    return next((line.strip()[:200] for line in lines if pattern.search(line)), "")
