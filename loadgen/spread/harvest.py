"""What a machine gives back: its exact records, streams and notes, on the clock of its own first intended time.

Clocks of machines differ, so no time of a clock travels: only distances from the first intended time, which is the same
moment everywhere, as well as that could be had. Joined, they are put on the clock of the machine that conducts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.record import COLUMNS, Records, Times, Tokens
from seatrial.loadgen.spread.columns import pack, unpack

__all__ = ["Harvest", "join"]

STAMPS = tuple(name for name, code in COLUMNS if code == "q")
NOTED = {"cpu": "d", "lag": "q", "gc_pauses": "q"}
RAGGED = ("row", "offset", "stamp", "count")


@dataclass(frozen=True)
class _Notes:
    """`EngineNotes`: its columns packed, and what else it holds."""

    columns: dict[str, bytes]
    plain: dict[str, Any]


@dataclass(frozen=True)
class _Packed:
    columns: dict[str, bytes]
    tokens: dict[str, bytes]
    coalesced: int
    ended: int
    notes: list[_Notes]
    interrupted: bool


@dataclass(frozen=True)
class Harvest:
    """What one machine observed; times are ns from its first intended time, and 0 - that time where nothing was.

    Attributes:
        records: one row a request of its part.
        tokens: of streams; `row` indexes `records`.
        ended: when its engines stopped.
        notes: one of each of its processes.
        interrupted: whether it was ended before its time.
    """

    records: Records
    tokens: Tokens
    ended: int
    notes: tuple[EngineNotes, ...]
    interrupted: bool

    @classmethod
    def to_bytes(cls, observed: Observed) -> bytes:
        """Return what travels of a finished run."""
        records, tokens, origin = observed.records, observed.tokens, observed.origin
        columns = {
            name: pack(_since(getattr(records, name), origin) if name in STAMPS else getattr(records, name))
            for name, _ in COLUMNS
        }
        ragged = {name: pack(getattr(tokens, name)) for name in RAGGED}
        ragged["stamp"] = pack(tokens.stamp - origin)
        packed = _Packed(
            columns, ragged, tokens.coalesced, observed.ended - origin, [_pack_notes(each) for each in observed.notes],
            observed.interrupted,
        )  # fmt: skip
        return msgspec.msgpack.encode(packed)

    @classmethod
    def from_bytes(cls, data: bytes, origin: int) -> Harvest:
        """Return what travelled.

        Args:
            data: of `to_bytes`.
            origin: where the first intended time lies on the clock that the times are to be put on, ns.
        """
        packed = msgspec.msgpack.decode(data, type=_Packed)
        columns = {name: unpack(packed.columns[name], code) for name, code in COLUMNS}
        for name in STAMPS:
            columns[name] = _at(columns[name], origin)
        ragged = {name: unpack(packed.tokens[name], "q") for name in RAGGED}
        ragged["stamp"] += origin
        return cls(
            Records(len(columns["intended"]), None, **columns),
            Tokens(**ragged, coalesced=packed.coalesced),
            packed.ended + origin,
            tuple(_unpack_notes(each) for each in packed.notes),
            packed.interrupted,
        )


def join(parts: list[Harvest], *, open_loop: bool) -> tuple[Records, Tokens]:
    """Join what all machines observed, as if one had done it all.

    Args:
        parts: in the order of the machines.
        open_loop: whether machine k of n holds every n-th row of one schedule, from the k-th; else the rows are put in
            the order in which they were sent.
    """
    columns = {
        name: np.concatenate([getattr(part.records, name) for part in parts]) if parts else np.zeros(0, code)
        for name, code in COLUMNS
    }
    if open_loop:
        places = [index + len(parts) * np.arange(part.records.rows) for index, part in enumerate(parts)]
        order = np.argsort(np.concatenate(places), kind="stable")
    else:
        order = np.argsort(columns["intended"], kind="stable")
    records = Records(len(order), None, **{name: column[order] for name, column in columns.items()})
    return records, _join_tokens(parts, order)


def _join_tokens(parts: list[Harvest], order: npt.NDArray[np.int64]) -> Tokens:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    begin, tokens = 0, []
    for part in parts:
        own = part.tokens
        tokens.append(Tokens(place[own.row + begin], own.offset, own.stamp, own.count, own.coalesced))
        begin += part.records.rows
    return Tokens.join(tokens)


NEVER = -(1 << 62)
"""Stands for what never happened, where 0 is the first intended time."""


def _since(times: Times, origin: int) -> Times:
    return np.where(times == 0, NEVER, times - origin)


def _at(times: Times, origin: int) -> Times:
    return np.where(times == NEVER, 0, times + origin)


def _pack_notes(notes: EngineNotes) -> _Notes:
    values = {each.name: getattr(notes, each.name) for each in fields(notes)}
    return _Notes({name: pack(values.pop(name)) for name in NOTED}, values)


def _unpack_notes(packed: _Notes) -> EngineNotes:
    columns: dict[str, Any] = {name: unpack(packed.columns[name], code) for name, code in NOTED.items()}
    return EngineNotes(**columns, **packed.plain)
