"""Finds a request that the target understands, where the user named none: the first known shape answered with 2xx.

The probe knows no sockets: each shape goes out as the run itself would send it, headers, signature, route call and all,
through `send`. One request at a time, before the run. A server may be slow at its first request and only then, so one
that is not answered in time is sent again; where that is not answered either, no other shape is tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from seatrial.loadgen.answers.excerpt import excerpt
from seatrial.loadgen.answers.reader import is_stream
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.mistakes import TargetUnreachable, UsageError
from seatrial.loadgen.payload.payloads import Payloads
from seatrial.loadgen.payload.shapes import Shape, table_shapes, text_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seatrial.loadgen.engine.once import Once

__all__ = ["PROBE_TIMEOUT", "Reply", "find_model", "probe", "reply_of"]

PROBE_TIMEOUT = 5.0
"""Seconds for one shape."""
NOTHING_THERE = {
    Fault.REFUSED: "nothing listens there; start the server, or mend the URL",
    Fault.CONNECT_TIMEOUT: "no connection within the time limit; is the address right, and no firewall between?",
    Fault.UNREACHABLE: "the name does not resolve, or there is no way to the address; mend the URL",
    Fault.NO_WORKER: "the router names no worker for the group; start one, or wait until one is ready",
    Fault.TLS: "no TLS connection; mend the URL, or take a certificate that does not hold with --insecure",
}
"""Faults that say that there is no server, whatever is sent to it."""


class Reply(NamedTuple):
    """What a shape was answered.

    Attributes:
        status: 0 without a whole answer.
        media: of an answer with 2xx, lower case, without parameters.
        said: what explains that there is no 2xx; short, secrets masked.
        late: whether no answer came in time.
    """

    status: int
    media: str = ""
    said: str = ""
    late: bool = False


def reply_of(once: Once, target: str, secrets: tuple[str, ...] = ()) -> Reply:
    """Return what was answered to one request.

    Args:
        once: what the engine saw of it.
        target: as messages name it: the URL, without credentials.
        secrets: values that no message may show.

    Raises:
        TargetUnreachable: there is no server.
    """
    said = excerpt(once.text, secrets)
    if once.fault in NOTHING_THERE:
        reason = f" ({said})" if said else ""
        raise TargetUnreachable(f"-e {target}: {NOTHING_THERE[once.fault]}{reason}.")
    # A 2xx whose body was cut off, or that is a router's and not a worker's, is no good answer.
    good = once.fault is Fault.NONE
    status = once.status if good or not 200 <= once.status < 300 else 0
    return Reply(status, once.media, said or once.fault.title, late=once.fault is Fault.TIMEOUT)


def find_model(once: Once) -> str | None:
    """Return the first name in an answer to `GET /v1/models`, as OpenAI's API lists them; None where there is none."""
    try:
        listed = msgspec.json.decode(once.body, type=_Models) if once.fault is Fault.NONE else _Models()
    except msgspec.DecodeError:
        return None
    return listed.data[0].id if listed.data else None


def probe(
    send: Callable[[bytes, str], Reply],
    *,
    target: str,
    model: str | None = None,
    stream: bool = False,
    ask_model: Callable[[], str | None] = lambda: None,
) -> Payloads:
    """Try known shapes until one is answered with 2xx.

    Args:
        send: sends a body of a media type, and returns what was answered.
        target: as messages name it: the URL, without credentials.
        model: `--model`; named in every prompt.
        stream: `--stream`; then prompts are tried alone, and ask for a stream.
        ask_model: asks the server for the name of its model; called where no prompt without one was taken.

    Returns:
        the one request, named in its title.

    Raises:
        UsageError: no shape is answered with 2xx; names the option that helps.
        TargetUnreachable: `send` says so, or no shape is answered at all.
    """
    seen: list[Reply] = []
    for shape in _shapes(model, ask_model, stream=stream):
        reply = send(shape.body, shape.media)
        if reply.late and not seen:
            reply = send(shape.body, shape.media)
        seen.append(reply)
        if 200 <= reply.status < 300:
            title = f"{shape.name} (probed), {len(shape.body)} bytes of {shape.media}"
            return Payloads((shape.body,), (shape.media,), np.ones(1), title, stream or is_stream(reply.media))
        if reply.late or reply.status in {401, 403, 405}:
            break
    raise _failure(seen, target)


def _shapes(model: str | None, ask_model: Callable[[], str | None], *, stream: bool) -> Iterator[Shape]:
    """Give the candidates, likely ones first; the server is asked for its model once it refuses to do without."""
    tables = [] if stream else table_shapes()
    yield from tables[:1]
    yield from text_shapes(model, stream=stream)
    named = ask_model() if model is None else None
    if named:
        yield from text_shapes(named, stream=stream)
    yield from tables[1:]


def _failure(seen: list[Reply], target: str) -> UsageError | TargetUnreachable:
    """Return what to say and what to do, by the last answer and by what all had in common."""
    last = seen[-1]
    statuses = {reply.status for reply in seen}
    where = f"-e {target}"
    answer = f"the last of {len(seen)} was {last.status or 'no answer'} ({last.said})"
    help_body = "name a valid request with --body FILE"
    if last.late:
        return UsageError(f"{where} does not answer a known request shape within the time limit; {help_body}.")
    if last.status in {401, 403}:
        key = "give a key in SEATRIAL_API_KEY, or a header with -H"
        return UsageError(f"{where} asks for credentials: {last.status} ({last.said}); {key}.")
    if statuses == {503}:
        return TargetUnreachable(f"{where} is not ready: it answers 503 ({last.said}); begin once its /ping is 200.")
    if last.status == 405:
        return UsageError(f"{where} does not take the method: 405 ({last.said}); mend --path or --method.")
    if statuses == {0}:
        port = "is it the right port, and http or https"
        return TargetUnreachable(f"{where} ends every connection without an answer ({last.said}); {port}?")
    if statuses == {404}:
        return UsageError(f"{where} is not found, whatever is sent: {answer}; mend --path, or {help_body}.")
    return UsageError(f"{where} answers no known request shape with 2xx: {answer}; {help_body}.")


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model] = []
