"""The table of options: for each setting its flag, its variable, how its text is read, and a line of help."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

YES = frozenset({"1", "true", "yes", "on"})
LONGEST_INTERVAL = 10_000
NO = frozenset({"0", "false", "no", "off", ""})


class SettingError(Exception):
    """A setting has a value that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Option:
    """One option: `read` turns text into the value, or raises ValueError saying what it expected."""

    field: str
    variable: str
    read: Callable[[str], object]
    help: str

    @property
    def flag(self) -> str:
        """The option's name on the command line."""
        return "--" + self.field.replace("_", "-")


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not (text.strip().isdecimal() and lowest <= int(text) <= highest):
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """Read a positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError("a positive number of seconds")
    return value


def milliseconds(text: str) -> float:
    """Read a number of milliseconds, which may be 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_INTERVAL:
        raise ValueError(f"milliseconds from 0 to {LONGEST_INTERVAL}")
    return value


def switch(text: str) -> bool:
    """Read yes or no."""
    word = text.strip().lower()
    if word not in YES | NO:
        raise ValueError("1 or 0")
    return word in YES


def level(text: str) -> str:
    """Read the name of a log level."""
    name = text.strip().upper()
    if name not in logging.getLevelNamesMapping():
        raise ValueError("a log level such as INFO or DEBUG")
    return name


OPTIONS = (
    Option(
        "model",
        "SEATRIAL_MODEL",
        str,
        "`echo`, `sample-llm`, a model file or a folder (default: what --model-dir holds)",
    ),
    Option("model_dir", "SEATRIAL_MODEL_DIR", Path, "the model directory, only read (default: /opt/ml/model)"),
    Option("host", "SEATRIAL_HOST", str, "address to listen on (default: 0.0.0.0)"),
    Option("port", "SAGEMAKER_BIND_TO_PORT", whole(0, 65535), "port to listen on, 0 for a free one (default: 8080)"),
    Option("threads", "SEATRIAL_THREADS", whole(1, 256), "calls that run side by side"),
    Option("queue_limit", "SEATRIAL_QUEUE_LIMIT", whole(1, 100_000), "calls that may wait (default: 256)"),
    Option("call_timeout", "SEATRIAL_CALL_TIMEOUT", seconds, "seconds for one call in all (default: 55)"),
    Option("stream_timeout", "SEATRIAL_STREAM_TIMEOUT", seconds, "seconds for one stream in all (default: 470)"),
    Option("slots", "SEATRIAL_SLOTS", whole(1, 4096), "answers of a language model made side by side (default: 16)"),
    Option(
        "token_interval", "SEATRIAL_TOKEN_INTERVAL", milliseconds, "least milliseconds between two tokens (default: 0)"
    ),
    Option("keep_alive", "SEATRIAL_KEEP_ALIVE", seconds, "seconds an idle connection stays open (default: 65)"),
    Option("stop_grace", "SEATRIAL_STOP_GRACE", seconds, "seconds for started calls after SIGTERM (default: 25)"),
    Option("check_interval", "SEATRIAL_CHECK_INTERVAL", seconds, "seconds between two self-checks (default: 5)"),
    Option("backlog", "SEATRIAL_BACKLOG", whole(1, 65535), "connections the kernel accepts ahead (default: 2048)"),
    Option("max_body", "SEATRIAL_MAX_BODY", whole(1, 2**40), "longest request body in bytes (default: 100000000)"),
    Option(
        "trust_pickle", "SEATRIAL_TRUST_PICKLE", switch, "1: load pickle files, which can run any code (default: 0)"
    ),
    Option("allow_sleep", "SEATRIAL_ALLOW_SLEEP", switch, '1: a request may ask for "sleep": SECONDS (default: 0)'),
    Option("log_level", "SEATRIAL_LOG_LEVEL", level, "how much to log (default: INFO)"),
    Option("mutant", "SEATRIAL_MUTANT", str, "serve with this deliberate fault (see list-mutants)"),
    Option("oddity", "SEATRIAL_ODDITY", str, "serve with this legal peculiarity, several by commas (see list-mutants)"),
)
