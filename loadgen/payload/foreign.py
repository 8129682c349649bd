"""Loads a class from a user's own code and calls it: whatever that code raises becomes one sentence with its line."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["Foreign"]

LOADER = __file__
SEVERE = (Exception, SystemExit)
"""What user code may raise; an interrupt is the user's own and passes."""


@dataclass(frozen=True)
class Foreign:
    """A class of the user's.

    Attributes:
        where: the option as it was given, for messages.
        type: the class.
        file: where its code lies.
    """

    where: str
    type: Any
    file: str

    @classmethod
    def load(cls, text: str, *methods: str) -> Foreign:
        """Import the class of `module:Class` or `file.py:Class`.

        Args:
            text: as it was given.
            methods: that it must have.

        Raises:
            UsageError: the text or the file is wrong, the import fails, or there is no such class or method.
        """
        where = f"--payload {text}"
        place, _, name = text.rpartition(":")
        if not place or not name.isidentifier():
            raise UsageError(f"{where}: expected module:Class or file.py:Class, such as payloads.py:Prompt.")
        module = _of_file(where, Path(place)) if place.endswith(".py") else _of_module(where, place)
        found = getattr(module, name, None)
        if not isinstance(found, type):
            classes = [key for key, value in vars(module).items() if _is_own(value, module)]
            there = f"its classes are {', '.join(classes)}" if classes else "it has no class at all"
            raise UsageError(f"{where}: there is no class {name} in {place}; {there}.")
        for method in methods:
            if not callable(getattr(found, method, None)):
                raise UsageError(f"{where}: {name} has no method {method}(); write it as PyWorker's ApiPayload has it.")
        return cls(where, found, getattr(module, "__file__", None) or place)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the class.

        Raises:
            UsageError: it raises; with file, line and exception.
        """
        try:
            return function(*arguments)
        except SEVERE as error:
            name = getattr(function, "__name__", "call")
            raise UsageError(f"{self.where}: {name}() raised {_told(error, self.file)}; mend it there.") from None

    def ask(self, instance: Any, method: str) -> Any:
        """Call a method, without arguments, of what the class has made.

        Raises:
            UsageError: it is nothing of the class's kind, or the method raises.
        """
        if not callable(getattr(instance, method, None)):
            kind = type(instance).__name__
            raise UsageError(
                f"{self.where} made a {kind} that has no {method}(); its class methods must return payloads."
            )
        return self.call(getattr(instance, method))


def _is_own(value: object, module: ModuleType) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__


def _of_module(where: str, name: str) -> ModuleType:
    _search(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(
                f"{where}: there is no module {error.name} in {Path.cwd()} or among the installed ones; "
                "run from the folder it is in, or name the file: path/to/file.py:Class."
            ) from None
        raise UsageError(f"{where}: importing {name} raised {_told(error, '')}; mend it there.") from None
    except SEVERE as error:
        raise UsageError(f"{where}: importing {name} raised {_told(error, '')}; mend it there.") from None


def _of_file(where: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"{where}: there is no file {path}; name the Python file that holds the class.")
    _search(Path.cwd())
    _search(path.resolve().parent)
    # A name of its own, so that a file called `json.py` replaces no other module.
    loader = SourceFileLoader(f"seatrial_payload_{path.stem}", str(path.resolve()))
    module = importlib.util.module_from_spec(ModuleSpec(loader.name, loader, origin=loader.path))
    module.__file__ = loader.path
    sys.modules[loader.name] = module  # dataclasses look their module up
    try:
        loader.exec_module(module)
    except SEVERE as error:
        del sys.modules[loader.name]
        raise UsageError(
            f"{where}: importing {path} raised {_told(error, str(path.resolve()))}; mend it there."
        ) from None
    return module


def _search(folder: Path) -> None:
    """Let user code import its neighbours, also later: PyWorker's modules do so from the repository's root."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _told(error: BaseException, file: str) -> str:
    """Return exception and place: the last line of the user's file that was reached, else the deepest of all."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    inside = [frame for frame in frames if frame.filename == file] or frames[-1:]
    # PyWorker's JsonDataException keeps what is wrong, field by field, as `message` and not as its text.
    said = " ".join(str(error).split()) or str(getattr(error, "message", ""))
    name = type(error).__name__
    return (f"{name}: {said}" if said else name) + (
        f" ({inside[-1].filename}, line {inside[-1].lineno})" if inside else ""
    )


def _is_users(filename: str) -> bool:
    return filename != LOADER and not filename.startswith("<frozen importlib")
