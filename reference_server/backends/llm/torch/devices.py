"""Where a model is computed: on a GPU where torch sees one, else on the processor."""

import os
from dataclasses import dataclass

import torch

from seatrial.reference_server.errors import ModelLoadError

VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Device:
    """A device as torch writes it, and why it was chosen."""

    name: str
    reason: str


def choose(wanted: str) -> Device:
    """Return the device, `wanted` being `cpu`, `cuda` or `auto`.

    Raises:
        ModelLoadError: a GPU is wanted, and there is none.
    """
    found = _found()
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ModelLoadError(f"--device is 'cuda', but {found}: leave it out, or ask for cpu")
    if wanted != "auto":
        return Device(wanted, f"--device asks for it, {found}")
    return Device("cuda" if torch.cuda.is_available() else "cpu", found)


def _found() -> str:
    limit = f" ({VISIBLE} is {os.environ[VISIBLE]!r})" if VISIBLE in os.environ else ""
    if not torch.cuda.is_available():
        return f"torch sees no GPU{limit}"
    return f"torch sees {torch.cuda.device_count()} GPU of the kind {torch.cuda.get_device_name()}{limit}"
