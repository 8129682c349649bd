"""Finds the exception behind an end in the lines of a log, in the words of several languages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Thrown", "exception"]

THROWN = re.compile(
    r"^\s*(?:E\s+)?(?:Caused by: |Exception in thread \"[^\"]*\" |Uncaught |fatal error: |terminate called )?"
    r"(?:[\w.$]+\.)?"
    r"(?:\w*(?:Error|Exception|Failure)\b(?: \[\w+\])?(?::|$)|SystemExit\b|panic: |thread '[^']*'.* panicked)"
    r"|^(?:fatal error|terminate called|panic)\b"
    r"|error while loading shared libraries"
)  # fmt: skip
"""`ValueError: …`, `torch.cuda.OutOfMemoryError: …`, `Error: Cannot find module`, `java.lang.X: …`, `panic: …`."""
FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)")
LIBRARY = re.compile(r"/(?:site|dist)-packages/|/lib/python[\d.]*/|^<frozen ")
CURES = tuple(
    (re.compile(pattern), cure)
    for pattern, cure in {
        r"ModuleNotFoundError|ImportError|Cannot find module": "install what is missing into the image",
        r"error while loading shared libraries|cannot open shared object": (
            "install the library that it names into the image (ldd shows all that are missing)"
        ),
        r"Address already in use|EADDRINUSE": "let one process only bind the port",
        r"No space left on device": "raise --trial-shm if it is /dev/shm, else write less to disk",
    }.items()
)


@dataclass(frozen=True)
class Thrown:
    """An exception as a log shows it.

    Attributes:
        words: its line.
        where: file and line of the innermost frame of the server's own code; empty where no frame was printed.
        cure: what usually helps; empty where nothing does usually.
    """

    words: str
    where: str = ""
    cure: str = ""


def exception(log: tuple[str, ...]) -> Thrown | None:
    """The last exception in a log; None where there is none.

    Args:
        log: its lines.
    """
    at = next((i for i in range(len(log) - 1, -1, -1) if THROWN.search(log[i])), None)
    if at is None:
        return None
    words = log[at].strip()
    cure = next((cure for pattern, cure in CURES if pattern.search(words)), "")
    return Thrown(words, _where(log[:at]), cure)


def _where(above: tuple[str, ...]) -> str:
    """The innermost frame above an exception, back to where its traceback begins; the server's own code goes first."""
    frames: list[tuple[str, str]] = []
    for line in reversed(above):
        if TRACEBACK.match(line):
            break
        if found := FRAME.match(line):
            frames.append((found["file"], found["line"]))
    own = next((frame for frame in frames if not LIBRARY.search(frame[0])), None)
    return ":".join(own or frames[0]) if frames else ""
