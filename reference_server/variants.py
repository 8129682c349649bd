"""Mutants and oddities: how one is written, and how the server finds it.

A mutant breaks one clause of the contract on purpose; an oddity is legal but unusual, and must break none. Each is a
decorated function in a module of `mutants/` or `oddities/`; its name, with hyphens, is what `--mutant` takes, its
docstring says what it does. The layer says what the function receives, and that it returns a changed one:

    settings  `Settings` (frozen: use `dataclasses.replace`); durations are scaled where they are used
    model     a `Model` that is not loaded yet
    asgi      the ASGI application (helpers: `protocols/asgi.py`)
    wire      uvicorn's `HttpToolsProtocol` class, or any `asyncio.Protocol` class that takes its keyword arguments
    process   the class `ServerProcess`: subclass it and override the step to break (signals, bind, logs, serve, ...)
    image     the lines of a Dockerfile on top of the reference image: `str` to `str`, used by `images/build.py`
    standards the package `reference_server.standards`, before any code of a customer is loaded: replace an attribute of
              one of its modules, and return the package; judged with the profile `standards` only

    @mutant(kills="port.not-loopback", reason="BIND_LOOPBACK", layer="settings")
    def binds_loopback(settings: Settings) -> Settings:
        \"\"\"Listen on 127.0.0.1 only.\"\"\"
        return dataclasses.replace(settings, host="127.0.0.1")

This module knows no clause: what a mutant kills is only noted here, and checked by the kill matrix.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class Layer(StrEnum):
    """Where a variant changes the server."""

    SETTINGS = "settings"
    MODEL = "model"
    ASGI = "asgi"
    WIRE = "wire"
    PROCESS = "process"
    IMAGE = "image"
    STANDARDS = "standards"


class Kind(StrEnum):
    """Whether a variant breaks the contract."""

    MUTANT = "mutant"
    ODDITY = "oddity"


@dataclass(frozen=True)
class Variant:
    """A registered variant.

    Args:
        name: as `--mutant` or `--oddity` takes it.
        kind: mutant or oddity.
        layer: where it changes the server.
        change: what makes the change.
        summary: the first line of its docstring.
        kills: the id of the clause that must catch it; empty for an oddity.
        reason: the reason that the verdict must give.
        also: ids of further clauses whose verdicts it may change.
    """

    name: str
    kind: Kind
    layer: Layer
    change: Callable[[Any], Any]
    summary: str
    kills: str = ""
    reason: str = ""
    also: tuple[str, ...] = ()


class VariantError(Exception):
    """No such variant, or it cannot be used this way; the message is one sentence."""


_registry: dict[tuple[Kind, str], Variant] = {}


def mutant(
    *, kills: str, reason: str, layer: str, also: Iterable[str] = (), name: str = ""
) -> Callable[[Callable[[T], T]], Callable[[T], T]]:
    """Register a deliberate fault.

    Args:
        kills: the clause that must fail.
        reason: the name of the reason that it must give.
        layer: see `Layer`.
        also: further clauses whose verdicts may change.
        name: where the function's own name does not serve.
    """

    def register(change: Callable[[T], T]) -> Callable[[T], T]:
        _add(Kind.MUTANT, change, Layer(layer), name, kills=kills, reason=reason, also=tuple(also))
        return change

    return register


def oddity(*, layer: str, name: str = "") -> Callable[[Callable[[T], T]], Callable[[T], T]]:
    """Register a legal peculiarity; the arguments are those of `mutant`."""

    def register(change: Callable[[T], T]) -> Callable[[T], T]:
        _add(Kind.ODDITY, change, Layer(layer), name)
        return change

    return register


def every(kind: Kind) -> tuple[Variant, ...]:
    """Return all variants of a kind by name, after importing the modules that hold them."""
    package = f"{__package__}.{'mutants' if kind is Kind.MUTANT else 'oddities'}"
    folder = Path(__file__).parent / package.rpartition(".")[2]
    for module in pkgutil.iter_modules([str(folder)]):
        importlib.import_module(f"{package}.{module.name}")
    found = (variant for variant in _registry.values() if variant.kind is kind)
    return tuple(sorted(found, key=lambda variant: variant.name))


def find(kind: Kind, name: str) -> Variant:
    """Return a variant by name.

    Raises:
        VariantError: there is none.
    """
    every(kind)
    try:
        return _registry[kind, name]
    except KeyError:
        raise VariantError(f"--{kind} is {name!r}, which does not exist: list-mutants names them all") from None


def chosen(mutant_name: str, oddity_name: str) -> tuple[Variant, ...]:
    """Return the variants that a process was asked to serve with, none for empty names; oddities by commas.

    Raises:
        VariantError: a name is unknown, or names a variant of the image.
    """
    asked = ((Kind.MUTANT, mutant_name), *((Kind.ODDITY, name) for name in oddity_name.split(",")))
    found = tuple(find(kind, name) for kind, name in asked if name)
    for variant in found:
        if variant.layer is Layer.IMAGE:
            raise VariantError(f"{variant.name!r} is a variant of the image: build it with images/build.py")
    return found


def apply(layer: Layer, part: T, variants: Iterable[Variant]) -> T:
    """Return a part of the server as changed by the variants of its layer."""
    for variant in variants:
        if variant.layer is layer:
            part = variant.change(part)
    return part


def apply_to_standards(variants: Iterable[Variant]) -> None:
    """Change the package of the standards where a variant does so; else it is not even imported."""
    changing = [variant for variant in variants if variant.layer is Layer.STANDARDS]
    if changing:
        apply(Layer.STANDARDS, importlib.import_module("seatrial.reference_server.standards"), changing)


def _add(
    kind: Kind,
    change: Callable[[Any], Any],
    layer: Layer,
    name: str,
    *,
    kills: str = "",
    reason: str = "",
    also: tuple[str, ...] = (),
) -> None:
    name = name or change.__name__.replace("_", "-")
    if (kind, name) in _registry:
        raise ValueError(f"two variants are called {name!r}: rename one")
    summary = (change.__doc__ or "").strip().partition("\n")[0]
    _registry[kind, name] = Variant(name, kind, layer, change, summary, kills, reason, also)
