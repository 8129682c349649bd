"""`--payload module:Class` or `file.py:Class`: payloads that a user's own code makes.

The class has the four methods of the `ApiPayload` of Vast's PyWorker (`vast:pyworker/lib/data_types.py`), so that what
a worker was written with puts load on it unchanged; nothing has to be inherited:

    for_test()               class method: make one for a load test, a different one each time
    generate_payload_json()  what is sent to the model
    count_workload()         its work, in a unit of its own: output tokens, pixels, …
    from_json_msg(message)   class method: make one from a JSON message

Without a dataset each body comes from `for_test`; with one, each line goes through `from_json_msg`. A PyWorker itself
takes the payload as it stands (its dataclass fields) and calls `from_json_msg` and `generate_payload_json` on its side.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.dataset import ids_of, order_of, read_lines, weights_of
from seatrial.loadgen.payload.foreign import Foreign
from seatrial.loadgen.payload.how_many import how_many
from seatrial.loadgen.payload.media import JSON, asks_to_stream
from seatrial.loadgen.payload.payloads import Order, Payloads

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.loadgen.payload.dataset import Line, Origin

__all__ = ["ApiPayload", "from_plugin"]

LINE_SIZE = 1000
"""Numbers or words that a body is taken to hold, for the usual number of bodies."""


class ApiPayload(Protocol):
    """What a plug-in's class offers."""

    @classmethod
    def for_test(cls) -> ApiPayload:
        """Make one for a load test."""

    @classmethod
    def from_json_msg(cls, json_msg: Any) -> ApiPayload:
        """Make one from a JSON message."""

    def generate_payload_json(self) -> Any:
        """Return what is sent to the model."""

    def count_workload(self) -> float:
        """Return its work."""


def from_plugin(
    text: str,
    *,
    dataset: Path | None = None,
    order: Order | None = None,
    count: int | None = None,
    streams: bool = False,
    for_worker: bool = False,
) -> Payloads:
    """Let a plug-in make the bodies.

    Args:
        text: `module:Class` or `file.py:Class`; both the working directory and the file's are searched for imports.
        dataset: messages for `from_json_msg`, one a line; None: `for_test` makes them.
        order: of a dataset.
        count: different bodies of `for_test`, sent in turn; None: 100.
        streams: whether the answers are streams even where no body asks for one.
        for_worker: whether they go to a PyWorker, which takes the payload's own fields, not what the model gets.

    Raises:
        UsageError: the class is not there or misses a method, or its code raises; with file, line and exception.
    """
    plugin = Foreign.load(text, "for_test" if dataset is None else "from_json_msg", *_METHODS)
    if dataset is None:
        number = how_many(count, LINE_SIZE)
        made = [plugin.call(plugin.type.for_test) for _ in range(number)]
        given: list[tuple[Origin, Line]] = []
        title = f"{number} {'body' if number == 1 else 'bodies'} made by {plugin.type.__name__}"
    else:
        given = list(read_lines(dataset))
        made = [plugin.call(plugin.type.from_json_msg, _message(line, origin)) for origin, line in given]
        title = f"{len(given)} requests of {dataset.name} through {plugin.type.__name__}"
    bodies = tuple(_body(plugin, payload, for_worker=for_worker) for payload in made)
    workload = [_workload(plugin, payload) for payload in made]
    for index, (_, line) in enumerate(given):
        workload[index] = workload[index] if line.workload is None else line.workload
    expected = tuple(line.given_answer for _, line in given)
    return Payloads(
        bodies, (JSON,) * len(bodies), np.array(workload), title, streams or any(map(asks_to_stream, bodies)),
        order_of(given, order) if given else Order.SEQUENTIAL, weights_of(given) if given else None,
        expected if any(one is not None for one in expected) else None, ids_of(given) if given else None,
    )  # fmt: skip


_METHODS = ("generate_payload_json", "count_workload")


def _message(line: Line, origin: Origin) -> Any:
    if line.content_type:
        raise UsageError(f"{origin} has a content_type, but what a --payload class makes is JSON; leave it out.")
    try:
        return json.loads(bytes(line.body))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{origin} cannot be read ({error}); write JSON that Python can hold.") from None


def _body(plugin: Foreign, payload: Any, *, for_worker: bool) -> bytes:
    """Return the JSON that is sent, as strict as the JSON of a PyWorker's own HTTP client."""
    own_fields = for_worker and dataclasses.is_dataclass(payload)
    value = plugin.call(dataclasses.asdict, payload) if own_fields else plugin.ask(payload, "generate_payload_json")
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        source = "the fields of a payload" if own_fields else "what generate_payload_json() returned"
        raise UsageError(f"{plugin.where}: {source} cannot be written as JSON: {error}.") from None


def _workload(plugin: Foreign, payload: Any) -> float:
    value = plugin.ask(payload, "count_workload")
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise UsageError(f"{plugin.where}: count_workload() returned {value!r}; it must be a number from 0.")
    return number
