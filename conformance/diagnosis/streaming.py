"""Causes around streams: who keeps their chunks back, who never makes any, and what is held up while they run.

What scenarios of that profile saw is read field by field, because the harness imports no suite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.wire.exchange import Exchange, Trouble

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["RULES"]

CHUNKED, INCREMENTAL, PING = "stream.chunked", "stream.incremental", "stream.ping-meanwhile"
ONE_PIECE = "stream-in-one-piece"
PROXIES = re.compile(
    r"\b(nginx|openresty|tengine|envoy|haproxy|traefik|caddy|apache|httpd|lighttpd|varnish)\b", re.IGNORECASE
)
AS_LONG = 0.7
"""The share of a stream's time from which the same answer in one piece took about as long."""
LATE = frozenset({Trouble.TIMEOUT, Trouble.CONNECT_TIMEOUT})


@dataclass(frozen=True)
class _Streams:
    """What is read of the observation `streams`."""

    whole: Exchange | None = None


def buffered_by_proxy(case: Case) -> Cause | None:
    """Chunks come in a burst, and something stands in front of the model."""
    if INCREMENTAL not in case.broken:
        return None
    proxy = _proxy(case)
    if not proxy:
        return None
    return Cause(
        "stream-buffered-by-proxy",
        "a proxy in front of the model keeps the chunks of a stream back",
        f"{proxy}; {case.broken[INCREMENTAL].observed}",
        "turn its buffering off for /invocations: nginx `proxy_buffering off; proxy_http_version 1.1;`, or let the"
        " server behind it send `X-Accel-Buffering: no`; leave event streams out of gzip",
        (INCREMENTAL,),
    )


def collected(case: Case) -> Cause | None:
    """Chunks come in a burst, when the same answer in one piece would have been there as well."""
    seen = case.record.find("streams", _Streams)
    if INCREMENTAL not in case.broken or seen is None or seen.whole is None:
        return None
    proof = case.broken[INCREMENTAL].proof
    if not proof or seen.whole.done < AS_LONG * proof[-1].done:
        return None
    return Cause(
        "stream-collected-by-server",
        "the answer is made whole before any of it is sent",
        case.broken[INCREMENTAL].observed,
        "yield each record when it is made, and await between two; a generator that first joins its tokens, and gzip,"
        " send all of it at the end",
        (INCREMENTAL,),
        proven=False,
    )


def never_streamed(case: Case) -> Cause | None:
    """The request for a stream is answered in one piece."""
    verdict = case.broken.get(CHUNKED)
    answer = verdict.proof[-1].answer if verdict and verdict.proof else None
    if verdict is None or verdict.reason != ONE_PIECE or answer is None:
        return None
    length = answer.header("content-length")
    if length is None:
        return None
    return Cause(
        "stream-flag-ignored",
        "a request for a stream is answered like any other, in one piece",
        f"{answer.status} with Content-Length: {length} and Content-Type: {answer.header('content-type') or 'none'}",
        'read `"stream": true` of the body and return a generator then (FastAPI: StreamingResponse(tokens()))',
        (CHUNKED,),
    )


def held_up(case: Case) -> Cause | None:
    """`/ping` waits while streams run, and not else."""
    verdict, boot = case.broken.get(PING), case.boot
    late = [proof for proof in verdict.proof if proof.trouble in LATE] if verdict else []
    if verdict is None or not late:
        return None
    idle = f"; idle it took {boot.last.done:.3f} s" if boot and boot.last else ""
    return Cause(
        "streams-block-ping",
        "what makes the chunks of a stream runs where /ping is answered, and holds it up",
        f"GET /ping: {verdict.observed}{idle}",
        "generate in a thread or process of its own: what computes in an `async def` generator blocks the loop"
        " (await asyncio.to_thread(step), or a plain `def` generator, which Starlette runs in a thread)",
        (PING,),
    )


def _proxy(case: Case) -> str:
    """What shows a proxy in front of the model; empty where nothing does."""
    answer = case.broken[INCREMENTAL].proof[-1].answer if case.broken[INCREMENTAL].proof else None
    for name in ("Via", "Server"):
        value = (answer.header(name) or "") if answer else ""
        if value and (name == "Via" or PROXIES.search(value)):
            return f"the answer says {name}: {value}"
    for process in (case.autopsy.processes or ()) if case.autopsy else ():
        if process.argv and (found := PROXIES.search(process.argv[0])):
            return f"{found[0]} is one of its processes"
    return ""


RULES = (buffered_by_proxy, collected, never_streamed, held_up)
