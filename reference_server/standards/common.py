"""What scripts import as `model_hosting_container_standards.common`: the base of transforms, imported when needed."""

import importlib
from typing import Any

NAMES = frozenset({"BaseApiTransform", "BaseTransformRequestOutput"})


def __getattr__(name: str) -> Any:
    """Import a base of transforms."""
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__package__}.transforms"), name)
