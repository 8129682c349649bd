from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seatrial.loadgen.measure.samples import KEPT, pack, unpack


def test_samples_come_back_in_their_order_to_the_microsecond():
    series = np.random.default_rng(1).integers(0, 10**11, 5000)
    packed = pack("response", series)
    assert (packed.metric, packed.count, packed.stride) == ("response", 5000, 1)
    assert unpack(packed).tolist() == np.rint(series / 1000).tolist()


def test_many_samples_are_thinned_evenly():
    packed = pack("itl", np.arange(250_001) * 1000)
    assert packed.count == 250_001
    assert packed.stride == 3
    kept = unpack(packed)
    assert len(kept) <= KEPT
    assert kept[:4].tolist() == [0, 3, 6, 9]


def test_a_sample_beyond_half_an_hour_is_cut_and_not_turned_negative():
    assert unpack(pack("response", np.array([10**14]))).tolist() == [2**31 - 1]


def test_no_samples_are_no_samples():
    assert unpack(pack("response", np.zeros(0, np.int64))).tolist() == []


@pytest.mark.parametrize("damage", [{"data": "!"}, {"data": "aGVsbG8="}, {"count": 3}])
def test_damaged_samples_are_refused(damage: dict[str, object]):
    with pytest.raises(ValueError, match="response"):
        unpack(replace(pack("response", np.arange(10)), **damage))  # type: ignore[arg-type]
