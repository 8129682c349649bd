"""A value at a path of a document: `common.transforms.utils`."""

from typing import Any, Final

from seatrial.reference_server.standards.transforms.bodies import set_value as set_in_body
from seatrial.reference_server.standards.transforms.refusals import RefusedError

# Keys of a path, the last one included, up to which missing parents are made.
DEFAULT_MAX_DEPTH_TO_CREATE: Final = 2


def set_value(
    obj: dict[str, Any],
    path: str,
    value: Any,
    create_parent: bool = False,
    max_create_depth: int | None = DEFAULT_MAX_DEPTH_TO_CREATE,
) -> dict[str, Any]:
    """Set a value at a path with dots, and return the document.

    Args:
        obj: the document, which is changed.
        path: its keys.
        value: what is set.
        create_parent: whether missing parents are made.
        max_create_depth: the longest path for which they are, None for any.

    Raises:
        KeyError: a parent is missing and may not be made, or is no object.
    """
    keys = tuple(path.split("."))
    may_create = create_parent and (max_create_depth is None or len(keys) <= max_create_depth)
    try:
        set_in_body(obj, keys, value, create=len(keys) if may_create else 0)
    except RefusedError as refused:
        raise KeyError(refused.detail) from refused
    return obj
