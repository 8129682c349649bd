"""The variables SAGEMAKER_TRANSFORMS_*: values set in requests to engines, each a JSON object from path to value.

    SAGEMAKER_TRANSFORMS_CREATE_SESSION_DEFAULTS='{"body.capacity": 1024, "body.meta.size": 3}'

Every variable with this prefix is checked, also those that nothing reads.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from seatrial.reference_server.standards.transforms.bodies import checked_path, set_value
from seatrial.reference_server.standards.transforms.refusals import SettingsError

PREFIX = "SAGEMAKER_TRANSFORMS_"
CREATE_SESSION = PREFIX + "CREATE_SESSION_DEFAULTS"
CLOSE_SESSION = PREFIX + "CLOSE_SESSION_DEFAULTS"
BODY = "body"
# Parents of a default are made as deep as its path goes.
ANY_DEPTH = 100


def check(environ: Mapping[str, str] | None = None) -> None:
    """Read all variables.

    Raises:
        SettingsError: the first that cannot be used, and why.
    """
    environment = os.environ if environ is None else environ
    for name in sorted(environment):
        if name.startswith(PREFIX):
            values_of(name, environment)


def values_of(name: str, environ: Mapping[str, str] | None = None) -> dict[tuple[str, ...], Any]:
    """Return the values of one variable by their keys below the body, none where it is not set.

    Raises:
        SettingsError: it cannot be used.
    """
    text = (os.environ if environ is None else environ).get(name)
    if text is None:
        return {}
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{name} is {text[:80]!r}, which is no JSON ({error}): give an object") from error
    if not isinstance(read, dict):
        raise SettingsError(f"{name} is {text[:80]!r}, expected a JSON object from paths to values")
    return dict(_read(name, path, value) for path, value in read.items())


def apply(values: Mapping[tuple[str, ...], Any], body: dict[str, Any]) -> None:
    """Set the values in a body, except where it has its own."""
    for keys, value in values.items():
        if not _has(body, keys):
            set_value(body, keys, value, create=ANY_DEPTH)


def _read(name: str, path: str, value: Any) -> tuple[tuple[str, ...], Any]:
    try:
        keys = checked_path(path, "the path")
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error
    if keys[0] != BODY or len(keys) == 1:
        raise SettingsError(f"{name} sets {path!r}, expected a path that begins with 'body.'")
    return keys[1:], value


def _has(body: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(body, dict) or key not in body:
            return False
        body = body[key]
    return True
