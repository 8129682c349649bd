"""Raw samples, small enough to stand in a JSON file: what `loadgen compare` draws from."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.result import Samples

if TYPE_CHECKING:
    from seatrial.loadgen.record import Times

__all__ = ["KEPT", "pack", "unpack"]

KEPT = 100_000
"""Most samples of one quantity. More are thinned evenly, so that their order still tells how neighbours correlate."""
MOST_US = 2**31 - 1


def pack(metric: str, series: Times) -> Samples:
    """Keep a series, ns, as microseconds.

    Args:
        metric: its name.
        series: in send order.
    """
    stride = max(1, -(-len(series) // KEPT))
    kept = np.clip(np.rint(series[::stride] / 1000), 0, MOST_US).astype("<i4")
    return Samples(metric, len(series), stride, base64.b64encode(zlib.compress(kept.tobytes(), 6)).decode())


def unpack(samples: Samples) -> npt.NDArray[np.int64]:
    """Return the samples that were kept, µs, in send order.

    Raises:
        ValueError: the text is not what `pack` writes.
    """
    try:
        raw = zlib.decompress(base64.b64decode(samples.data, validate=True))
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"samples of {samples.metric} cannot be read: {error}") from error
    if len(raw) % 4 or len(raw) // 4 != -(-samples.count // max(samples.stride, 1)):
        raise ValueError(f"samples of {samples.metric} are not as many as they say")
    return np.frombuffer(raw, "<i4").astype(np.int64)
