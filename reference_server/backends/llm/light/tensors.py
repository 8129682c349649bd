"""Reading safetensors files into 32-bit arrays; no code can hide in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors

from seatrial.reference_server.backends.llm.stepping.sampling import Array

TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16}


def read(paths: list[Path]) -> dict[str, Array]:
    """Return every tensor of some files by name.

    Raises:
        ValueError: a file is damaged, or of a number type that is not served; the message says which.
    """
    return {name: tensor for path in paths for name, tensor in _tensors(path)}


def _tensors(path: Path) -> Iterator[tuple[str, Array]]:
    try:
        found = safetensors.deserialize(path.read_bytes())  # type: ignore[no-untyped-call]  # as the library is
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path.name} cannot be read ({error}): copy it anew") from error
    for name, entry in found:
        yield name, _array(f"{name} in {path.name}", cast("dict[str, Any]", entry))


def _array(name: str, entry: dict[str, Any]) -> Array:
    kind, data, shape = entry["dtype"], entry["data"], entry["shape"]
    if kind == "BF16":  # the upper half of a 32-bit number
        wide = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
        return wide.view(np.float32).reshape(shape)
    if kind not in TYPES:
        raise ValueError(f"{name} holds numbers of type {kind}, expected BF16 or one of {', '.join(TYPES)}")
    return np.frombuffer(data, TYPES[kind]).astype(np.float32).reshape(shape)
