"""What scripts import as `model_hosting_container_standards.common`: the paths below it, and two classes."""

import importlib
from typing import Any

ELSEWHERE = frozenset({"BaseApiTransform", "BaseTransformRequestOutput"})


def __getattr__(name: str) -> Any:
    """Import one of the classes, which need pydantic, when it is asked for."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(".public.api_transform", __package__), name)
