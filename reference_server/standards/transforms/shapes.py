"""Shapes: for each field of an engine's request, a JMESPath expression that finds its value in the platform's.

A shape may nest: `{"lora": {"name": "body.name"}}`. What is no text stays as it is, and is given to nobody. Names of
headers are found in any case. A name with hyphens need not be quoted (`headers.X-Session-Id`), though JMESPath itself
asks for it.
"""

import re
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError

from seatrial.reference_server.standards.transforms.refusals import RefusedError

Shape: TypeAlias = Mapping[str, Any]

_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(\.[\w-]+)+")


class Headers(dict[str, str]):
    """Headers whose names are found in any case; of several lines of one name the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name.lower(), value)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header."""
        return super().get(name.lower(), default)


class Expression:
    """One JMESPath expression.

    Raises:
        ValueError: it is empty, no text or no JMESPath.
    """

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"the JMESPath expression is {text!r}, expected a text such as 'body.session_id'")
        self.text = text
        self._compiled = _compiled(text)

    def find(self, document: Mapping[str, Any]) -> Any:
        """Return what the expression finds, None where there is nothing.

        Raises:
            RefusedError: a function of the expression does not take what it found (500).
        """
        try:
            return self._compiled.search(document)
        except JMESPathError as error:
            raise RefusedError(500, f"{self.text!r} cannot be applied to this request: {error}") from error


class CompiledShape:
    """A shape whose expressions were read once.

    Raises:
        ValueError: the shape is no mapping, or an expression cannot be read.
    """

    def __init__(self, shape: Shape | None) -> None:
        if shape is not None and not isinstance(shape, Mapping):
            raise ValueError(f"the shape is {shape!r}, expected a mapping from fields to JMESPath expressions")
        self._fields = {name: _field(value) for name, value in (shape or {}).items()}

    def __bool__(self) -> bool:
        return bool(self._fields)

    def apply(self, document: Mapping[str, Any]) -> SimpleNamespace:
        """Return the fields that the shape finds in a document."""
        return SimpleNamespace(**self._found(document))

    def _found(self, document: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self._fields.items():
            if isinstance(field, CompiledShape):
                found[name] = field._found(document)  # noqa: SLF001 - the same class, one level down
            elif isinstance(field, Expression):
                found[name] = field.find(document)
        return found


def _field(value: Any) -> Any:
    if isinstance(value, Mapping):
        return CompiledShape(value)
    return Expression(value) if isinstance(value, str) else value


def _compiled(text: str) -> Any:
    try:
        return jmespath.compile(text)
    except JMESPathError as error:
        if not _PLAIN_PATH.fullmatch(text):
            raise ValueError(f"{text!r} is no JMESPath expression: {error}") from error
    return jmespath.compile(".".join(f'"{key}"' for key in text.split(".")))
