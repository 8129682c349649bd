"""The supervisor's own lines: to standard error, each in one write, beside those of the process it watches."""

import os
from enum import IntEnum

NAME = "standard-supervisor"


class Level(IntEnum):
    """How much a line matters."""

    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    CRITICAL = 50


class Teller:
    """Writes lines from a level upwards."""

    def __init__(self, lowest: Level = Level.INFO) -> None:
        self._lowest = lowest

    def __call__(self, level: Level, text: str) -> None:
        """Write one line."""
        if level >= self._lowest:
            os.write(2, f"[{level.name}] {NAME}: {text}\n".encode("utf-8", "backslashreplace"))
