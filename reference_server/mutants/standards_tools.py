"""What the faults of the standards share: how one attribute of a module of that package is replaced."""

import functools
import importlib
import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

__all__ = ["Make", "Real", "around", "change", "change_method", "part", "wrap_handlers"]

Real = Callable[..., Any]
"""What is replaced, and what stands in its place."""
Make = Callable[[Any], Any]


def part(package: ModuleType, name: str) -> ModuleType:
    """Return a module of the package."""
    return importlib.import_module(f"{package.__name__}.{name}")


def change(package: ModuleType, module: str, name: str, make: Make) -> ModuleType:
    """Replace what a module calls `name` by what `make` makes of it; return the package."""
    owner = part(package, module)
    setattr(owner, name, make(getattr(owner, name)))
    return package


def change_method(package: ModuleType, module: str, cls: str, name: str, make: Make) -> ModuleType:
    """Replace a method of a class by what `make` makes of it; return the package."""
    owner = getattr(part(package, module), cls)
    setattr(owner, name, make(getattr(owner, name)))
    return package


def around(package: ModuleType, module: str, name: str, call: Callable[..., Any]) -> ModuleType:
    """Run a function, or a method `Class.method`, within another one; return the package.

    Args:
        package: the package.
        module: the module that is called.
        name: what it calls the function.
        call: gets the real one, then its arguments.
    """
    owner: Any = part(package, module)
    *cls, last = name.split(".")
    for one in cls:
        owner = getattr(owner, one)
    real = getattr(owner, last)

    @functools.wraps(real)
    def within(*args: Any, **kwargs: Any) -> Any:
        return call(real, *args, **kwargs)

    setattr(owner, last, within)
    return package


def wrap_handlers(package: ModuleType, around: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]) -> ModuleType:
    """Run every handler that is a coroutine within a function that may change what it returns or raises."""

    def make(real: Real) -> Real:
        def endpoint(handler: Callable[..., Any]) -> Any:
            made = real(handler)
            if not inspect.iscoroutinefunction(handler):
                return made

            @functools.wraps(made)
            async def call(*args: object, **kwargs: object) -> object:
                return await around(lambda: made(*args, **kwargs))

            call.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]  # any function has one
            return call

        return endpoint

    return change(package, "parameters", "endpoint", make)
