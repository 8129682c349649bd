"""JSON bodies: read whatever their Content-Type says, changed at a dotted path, and written back."""

import json
from typing import Any

from seatrial.reference_server.standards.transforms.refusals import RefusedError


def parse(body: bytes) -> Any:
    """Return the value of a JSON body in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Raises:
        RefusedError: it is none (400).
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"JSON decode error: {error}") from error


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the value of a body that has to be a JSON object.

    Raises:
        RefusedError: it is no JSON, or no object (400).
    """
    return as_object(parse(body))


def as_object(value: Any) -> dict[str, Any]:
    """Return a value that has to be a JSON object.

    Raises:
        RefusedError: it is none (400).
    """
    if not isinstance(value, dict):
        raise RefusedError(400, f"the body is JSON of type {type(value).__name__}, expected an object")
    return value


def is_object(body: bytes) -> bool:
    """Return whether a body is a JSON object, whatever it says that it is."""
    try:
        return isinstance(parse(body), dict)
    except RefusedError:
        return False


def dump(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()


def checked_path(path: object, name: str) -> tuple[str, ...]:
    """Return the keys of a dotted path.

    Args:
        path: the path as somebody wrote it, such as `metadata.session_id`.
        name: what the argument is called.

    Raises:
        ValueError: it is no text, empty, or one of its keys is.
    """
    if path is None or path == "":
        raise ValueError(f"{name} cannot be empty: expected a key of the body, such as 'model' or 'config.adapter'")
    if not isinstance(path, str):
        raise ValueError(f"{name} must be a string, not {type(path).__name__}")  # noqa: TRY004 - ValueError is promised
    keys = tuple(path.split("."))
    if not all(keys):
        raise ValueError(f"{name} is {path!r}, which has an empty key: expected keys with one dot between them")
    return keys


def parent_of(body: dict[str, Any], keys: tuple[str, ...], *, create: int = 0) -> dict[str, Any]:
    """Return the object that holds the last key of a path.

    Args:
        body: where the path begins.
        keys: the path.
        create: how many missing parents may be made.

    Raises:
        RefusedError: a parent is missing or no object (500: the path is the server's, not the caller's).
    """
    found: dict[str, Any] = body
    for position, key in enumerate(keys[:-1]):
        missing = key not in found
        if missing and len(keys) - 1 - position > create:
            raise RefusedError(500, f"{'.'.join(keys)} cannot be set: the body has no {'.'.join(keys[: position + 1])}")
        inner = found.setdefault(key, {}) if missing else found[key]
        if not isinstance(inner, dict):
            raise RefusedError(500, f"{'.'.join(keys)} cannot be set: {'.'.join(keys[: position + 1])} is no object")
        found = inner
    return found


def set_value(body: dict[str, Any], keys: tuple[str, ...], value: Any, *, create: int = 0) -> None:
    """Set a value at a path; see `parent_of`."""
    parent_of(body, keys, create=create)[keys[-1]] = value
