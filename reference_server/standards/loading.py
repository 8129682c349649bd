"""Import of customer code by specification: each file once, whatever it is called.

FileLoader      files below search paths, or absolute
ModuleLoader    modules as `import` finds them
FunctionLoader  both, with aliases of modules, and a check that the result can be called
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.reference_server.standards.exceptions import (
    HandlerFileNotFoundError,
    HandlerNotCallableError,
    HandlerNotFoundError,
    ModuleLoadError,
)
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.spec import HandlerSpec, parse_handler_spec

__all__ = ["FileLoader", "FunctionLoader", "HandlerSpec", "ModuleLoader", "parse_handler_spec"]

# The modules of all files imported so far by their resolved paths: a second import would register everything twice.
loaded: dict[Path, ModuleType] = {}


class FileLoader:
    """Imports files; the same file, by whatever path, is imported once.

    Args:
        search_paths: directories for relative names, the first that has the file wins.
    """

    def __init__(self, search_paths: Sequence[str] | None = None) -> None:
        self.search_paths = list(search_paths or ())

    def find(self, filename: str) -> Path:
        """Return the resolved path of a file.

        Raises:
            HandlerFileNotFoundError: there is none.
        """
        # Joined to a directory, an absolute name stays what it is.
        for directory in self.search_paths or ["/"]:
            path = Path(directory, filename)
            if path.is_file():
                return path.resolve()
        raise HandlerFileNotFoundError(filename, () if Path(filename).is_absolute() else self.search_paths)

    def load(self, filename: str) -> ModuleType:
        """Return the module of a file, imported when it is asked for the first time.

        Raises:
            HandlerFileNotFoundError: there is no such file.
            Exception: whatever the code of the file raises.
        """
        path = self.find(filename)
        if path not in loaded:
            loaded[path] = _run(path)
        return loaded[path]

    def load_function(self, filename: str, attr_name: str) -> Any:
        """Return what a file calls `attr_name`, which may be `Class.method`.

        Raises:
            HandlerFileNotFoundError: there is no such file.
            HandlerNotFoundError: the file defines no such name.
        """
        return attribute(self.load(filename), attr_name, filename)


class ModuleLoader:
    """Imports modules by name."""

    def load(self, module_path: str) -> ModuleType:
        """Return a module.

        Raises:
            ModuleLoadError: it does not exist, or imports something that does not.
        """
        try:
            return importlib.import_module(module_path)
        except ImportError as error:
            raise ModuleLoadError(module_path, str(error)) from error

    def load_function(self, module_path: str, attr_name: str) -> Any:
        """Return what a module calls `attr_name`, which may be `Class.method`.

        Raises:
            ModuleLoadError: the module cannot be imported.
            HandlerNotFoundError: the module defines no such name.
        """
        return attribute(self.load(module_path), attr_name, module_path)


class FunctionLoader:
    """Finds the function that a specification names.

    Args:
        search_paths: directories for relative files.
        module_aliases: names of modules that stand for files.
    """

    def __init__(
        self, search_paths: Sequence[str] | None = None, module_aliases: Mapping[str, str] | None = None
    ) -> None:
        self.files = FileLoader(search_paths)
        self.modules = ModuleLoader()
        self.module_aliases = dict(module_aliases or {})

    def load_function(self, spec: str) -> Callable[..., Any]:
        """Return the function, or class, that a specification names.

        Raises:
            InvalidHandlerSpecError: it names no code.
            HandlerResolutionError: the code cannot be found, or cannot be called.
            Exception: whatever the code raises when it is imported.
        """
        parsed = HandlerSpec(spec)
        source, name = parsed.validate_function_spec()
        file = parsed.file_path or self.module_aliases.get(source)
        found = self.files.load_function(file, name) if file else self.modules.load_function(source, name)
        logger.debug("loaded %s", parsed)
        return checked(found, str(parsed))

    def load_module_from_file(self, file_path: str) -> ModuleType:
        """Return the module of a file, imported once."""
        return self.files.load(file_path)


def attribute(module: ModuleType, name: str, source: str) -> Any:
    """Return what a module defines under a name with or without dots.

    Raises:
        HandlerNotFoundError: there is no such name.
    """
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise HandlerNotFoundError(name, source)
        found = getattr(found, part)
    return found


def checked(found: Any, spec: str) -> Callable[..., Any]:
    """Return what was found, if it can be called.

    Raises:
        HandlerNotCallableError: it cannot.
    """
    if not callable(found):
        raise HandlerNotCallableError(spec, f"of type {type(found).__name__}")
    called: Callable[..., Any] = found
    return called


def make_importable(directory: Path) -> None:
    """Let modules of a directory be imported by name, after all that is importable anyway."""
    entry = str(directory.resolve())
    if directory.is_dir() and entry not in sys.path:
        sys.path.append(entry)


def _run(path: Path) -> ModuleType:
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModuleLoadError(str(path), "it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    logger.debug("imported %s as the module %s", path, name)
    return module


def _module_name(path: Path) -> str:
    """Return the plain name where `import` would find this very file by it, and one of our own everywhere else."""
    name = path.stem
    if name.isidentifier() and name not in sys.modules:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and Path(found.origin).resolve() == path:
            return name
    return f"customer_code_{name}_{sha256(str(path).encode()).hexdigest()[:12]}"
