"""Reading the fields of a JSON body: each with its type and bounds, and a refusal that names the field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.reference_server.errors import InvalidRequestError

LARGEST_SEED = 2**63 - 1


class FieldError(InvalidRequestError):
    """A field has a value that cannot be used."""

    code = "invalid_value"


@dataclass(frozen=True)
class Fields:
    """An object of a body. A field that is null counts as left out."""

    values: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return a field as it came, None where it is missing."""
        return self.values.get(name)

    def number(self, name: str, usual: float, lowest: float, highest: float) -> float:
        """Return a number within bounds."""
        value = self.get(name)
        if value is None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise FieldError(f"{name} is {_shown(value)}, expected a number from {lowest:g} to {highest:g}")
        return float(value)

    def whole(self, name: str, usual: int, lowest: int, highest: int) -> int:
        """Return a whole number within bounds."""
        value = self.optional_whole(name, lowest, highest)
        return usual if value is None else value

    def optional_whole(self, name: str, lowest: int, highest: int) -> int | None:
        """Return a whole number within bounds, or None where there is none."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise FieldError(f"{name} is {_shown(value)}, expected a whole number from {lowest} to {highest}")
        return value

    def flag(self, name: str, *, usual: bool = False) -> bool:
        """Return true or false."""
        value = self.get(name)
        if value is None:
            return usual
        if not isinstance(value, bool):
            raise FieldError(f"{name} is {_shown(value)}, expected true or false")
        return value

    def text(self, name: str) -> str:
        """Return a text, empty where there is none."""
        value = self.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise FieldError(f"{name} is {_shown(value)}, expected a text")
        return value

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """Return one text or a list of them; empty ones are refused."""
        value = self.get(name)
        if value is None:
            return ()
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
            raise FieldError(f"{name} is {_shown(value)}, expected a text or a list of texts, none of them empty")
        if len(found) > most:
            raise FieldError(f"{name} holds {len(found)} texts, expected at most {most}")
        return tuple(found)

    def inner(self, name: str) -> "Fields":
        """Return an object inside this one, an empty one where there is none."""
        value = self.get(name)
        if value is None:
            return Fields({})
        if not isinstance(value, dict):
            raise FieldError(f"{name} is {_shown(value)}, expected an object")
        return Fields(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
