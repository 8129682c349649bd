"""The adapter that a header names goes into the body of an inference. No HTTP library.

Without the header a body stays as it is: an engine decides what its base model is.
"""

from dataclasses import dataclass, field
from typing import Any

from seatrial.reference_server.standards.transforms.bodies import checked_path, dump, parent_of, parse_object


@dataclass(frozen=True)
class Injection:
    """Where the name of the adapter goes.

    Args:
        path: a key of the body, or keys with dots between them; all but the last must be objects there.
        append: put it after what stands there, instead of replacing it.
        separator: what comes between the two; only with `append`, and then required.

    Raises:
        ValueError: the arguments do not go together.
    """

    path: str
    append: bool = False
    separator: str | None = None
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", checked_path(self.path, "adapter_path"))
        if self.append and self.separator is None:
            raise ValueError("separator must be provided when append=True: give one such as ':', or ''")
        if self.append and not isinstance(self.separator, str):
            raise ValueError(f"separator must be a string, not {type(self.separator).__name__}")
        if self.separator and not self.append:
            raise ValueError(f"separator is specified ({self.separator!r}) but append=False: leave one of them out")

    def into(self, body: bytes, adapter: str | None) -> bytes:
        """Return a body with the name of the adapter in it, or as it was.

        Args:
            body: JSON.
            adapter: the header, None where there is none.

        Raises:
            RefusedError: the body is no JSON object (400), or has no object where the path leads (500).
        """
        document = parse_object(body)
        if adapter is None or (self.append and not adapter):
            return body
        parent = parent_of(document, self.keys)
        parent[self.keys[-1]] = self._joined(parent.get(self.keys[-1]), adapter)
        return dump(document)

    def _joined(self, present: Any, adapter: str) -> str:
        return f"{present}{self.separator}{adapter}" if self.append and present is not None else adapter
