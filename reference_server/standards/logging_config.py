"""The logger of this library: silent below ERROR unless asked, on stdout, and no business of anybody else's.

`SAGEMAKER_CONTAINER_LOG_LEVEL` decides, then `LOG_LEVEL`. The root logger and its handlers are left alone.
"""

import logging
import os
import sys
from typing import TextIO

NAME = "model_hosting_container_standards"
FORMAT = "[%(levelname)s] %(name)s - %(filename)s:%(lineno)d: %(message)s"
VARIABLES = ("SAGEMAKER_CONTAINER_LOG_LEVEL", "LOG_LEVEL")


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to whatever stdout is when the line is written."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def parse_level(level: str) -> int:
    """Return a level from its name in any case or its number; ERROR for anything else."""
    text = level.strip().upper()
    if text.isdecimal():
        return int(text)
    return logging.getLevelNamesMapping().get(text, logging.ERROR)


def level_from_environment() -> int:
    """Return the level that the variables ask for."""
    stated = (os.environ[variable] for variable in VARIABLES if variable in os.environ)
    return parse_level(next(stated, ""))


def get_logger(name: str = NAME) -> logging.Logger:
    """Return the logger of the library, or a child of it, ready to use."""
    top = logging.getLogger(NAME)
    top.setLevel(level_from_environment())
    top.propagate = False
    if not any(type(handler).__name__ == _Stdout.__name__ for handler in top.handlers):
        top.addHandler(_Stdout())
    return logging.getLogger(name)


def configure_root_logger() -> None:
    """Do nothing: the root logger belongs to the application."""


logger = get_logger()
