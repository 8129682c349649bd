"""How the text of a setting becomes its value: each reader returns it, or raises ValueError saying what it expected."""

import logging
import math
import shlex
from collections.abc import Callable

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})
LONGEST_INTERVAL = 10_000
MOST_PARTS = 1024
# What LMI calls its own process model, which says nothing about what computes.
LMI_ENGINES = frozenset({"python", "mpi"})
ENGINES = ("auto", "light", "transformers", "vllm")
DTYPES = {
    "auto": "auto",
    **dict.fromkeys(("float32", "fp32", "float"), "float32"),
    **dict.fromkeys(("float16", "fp16", "half"), "float16"),
    **dict.fromkeys(("bfloat16", "bf16"), "bfloat16"),
}


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not (text.strip().isdecimal() and lowest <= int(text) <= highest):
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """Read a positive number of seconds."""
    value = _number(text)
    if not (math.isfinite(value) and value > 0):
        raise ValueError("a positive number of seconds")
    return value


def milliseconds(text: str) -> float:
    """Read a number of milliseconds, which may be 0."""
    value = _number(text)
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


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of some words, in any case."""

    def read(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(f"{', '.join(words[:-1])} or {words[-1]}")
        return word

    return read


def engine(text: str) -> str:
    """Read the name of an engine."""
    return "auto" if text.strip().lower() in LMI_ENGINES else one_of(*ENGINES)(text)


def dtype(text: str) -> str:
    """Read a number type, by LMI's or by torch's name."""
    try:
        return DTYPES[text.strip().lower()]
    except KeyError:
        raise ValueError("auto, float32, float16 or bfloat16") from None


def parts(text: str) -> int:
    """Read over how many devices a model is spread; 0 stands for `max`."""
    if text.strip().lower() == "max":
        return 0
    try:
        return whole(1, MOST_PARTS)(text)
    except ValueError as error:
        raise ValueError(f"{error} or max") from None


def arguments(text: str) -> tuple[tuple[str, str], ...]:
    """Read words of the form NAME=VALUE, or NAME alone for a switch; quotes as in a shell."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = ["="]
    pairs = [word.partition("=") for word in words]
    if not all(name for name, _, _ in pairs):
        raise ValueError("words of the form NAME=VALUE")
    return tuple((name.lstrip("-").replace("-", "_"), value if equals else "true") for name, equals, value in pairs)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
