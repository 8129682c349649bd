"""Customers' scripts, given to a subject as files. None of them is imported here: each is read as text.

A script imports the package, FastAPI or Starlette, and the standard library, as a customer's would.
"""

from functools import cache
from pathlib import Path

__all__ = ["script"]


@cache
def script(name: str) -> str:
    """The text of a script by its file name.

    Raises:
        FileNotFoundError: there is none of this name.
    """
    return (Path(__file__).parent / name).read_text("utf-8")
