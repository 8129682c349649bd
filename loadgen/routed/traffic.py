"""Two steps a request: ask the router for a worker, then send that worker the payload with the router's signature.

Source: the public `vast-ai/pyworker`. `lib/test_utils.py` makes the calls (`ClientState.make_call`): `POST /route/`
with `endpoint`, `api_key` and `cost`, then `POST` to the answer's `url` joined with the worker's path, with `auth_data`
and `payload`. `lib/data_types.py` reads them (`AuthData`: signature, cost, endpoint, reqnum, url; later request_idx;
other fields are dropped) and `lib/backend.py` verifies them. An answer of the router without `url` says that no worker
is ready (`RouteResponse` in `vast-ai/vast-sdk`, `vastai/serverless/client/endpoint.py`).

As there, the router's whole answer goes on as `auth_data`: here untouched, as the bytes that came. The key goes to the
router only, the user's headers to the worker only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.headers import USER_AGENT, Header, merge, render
from seatrial.loadgen.target.parse import parse_authority
from seatrial.loadgen.traffic import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatrial.loadgen.target.values import RoutedTarget
    from seatrial.loadgen.traffic import Authority

__all__ = ["RoutedTraffic"]

_MOST_WORKERS = 4096
"""Workers whose addresses are kept ready; a router that names more of them than that starts anew."""


class _Route(msgspec.Struct):
    """What is looked at in the router's answer."""

    url: str | None = None


class _Worker(NamedTuple):
    authority: Authority
    head: bytes


class RoutedTraffic:
    """`Traffic` of two steps.

    Args:
        target: group and router. Workers take its `insecure` over.
        bodies: one a payload; each a JSON object.
        key: the group's API key.
        workload: of each payload; sent to the router as `cost`. None counts 1 for each.
        headers: the user's, over ours, at the worker.
        keeps: whether answers of workers are kept for a reader.

    Raises:
        UsageError: a payload that is no JSON object.
    """

    steps = 2

    def __init__(
        self,
        target: RoutedTarget,
        bodies: Sequence[bytes],
        *,
        key: str,
        workload: Sequence[float] | None = None,
        headers: Sequence[Header] = (),
        keeps: bool = False,
    ) -> None:
        self.authority = target.router
        self.keeps = keeps
        self._target = target
        self._headers = headers
        self._workers: dict[str, _Worker] = {}
        self._decoder = msgspec.json.Decoder(_Route)
        costs = workload if workload is not None else [1.0] * len(bodies)
        self._routes = [_route_call(target, key, cost) for _, cost in zip(bodies, costs, strict=True)]
        self._tails = [b', "payload": %b}' % _checked(body, index) for index, body in enumerate(bodies)]

    def begin(self) -> None:
        """All is made before the run, but for the workers, whom the router names."""

    def first(self, row: int, payload: int) -> bytes:  # noqa: ARG002 - the protocol names the row
        """Return the route call of a payload."""
        return self._routes[payload]

    def follow(self, row: int, payload: int, status: int, body: bytes) -> Step | Fault:  # noqa: ARG002
        """Return the call of the worker that the router named.

        A refusal of the router has the fault of its status, an answer without a worker `NO_WORKER`, and one that
        cannot be read, or names no address, `BAD_BODY`.
        """
        if not 200 <= status < 300:
            return _fault_of(status)
        try:
            url = self._decoder.decode(body).url
            if not url:
                return Fault.NO_WORKER
            worker = self._workers.get(url) or self._meet(url)
        except (msgspec.DecodeError, UsageError):
            return Fault.BAD_BODY
        data = b'{"auth_data": %b%b' % (body.strip(), self._tails[payload])
        return Step(worker.authority, b"%bContent-Length: %d\r\n\r\n%b" % (worker.head, len(data), data))

    def _meet(self, url: str) -> _Worker:
        """Make what all requests to a worker share."""
        authority = parse_authority("the router's url", url, insecure=self._target.router.insecure)
        # As urljoin has it: an absolute path takes the place of the URL's own.
        split = urlsplit(urljoin(url, self._target.path))
        path = f"{split.path}?{split.query}" if split.query else split.path
        if len(self._workers) >= _MOST_WORKERS:
            self._workers.clear()
        worker = self._workers[url] = _Worker(authority, _head(authority, path, self._headers))
        return worker


def _route_call(target: RoutedTarget, key: str, cost: float) -> bytes:
    body = json.dumps({"endpoint": target.group, "api_key": key, "cost": cost}).encode()
    return _head(target.router, target.route, ()) + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _head(authority: Authority, path: str, given: Sequence[Header]) -> bytes:
    ours = [
        ("Host", authority.header),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
    ]
    return f"POST {path} HTTP/1.1\r\n".encode("ascii") + render(merge(ours, given))


def _checked(body: bytes, index: int) -> bytes:
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        payload = None
    if not isinstance(payload, dict):
        raise UsageError(
            f"payload {index} is no JSON object, but a worker behind --router takes nothing else: give another --body"
        )
    return body


def _fault_of(status: int) -> Fault:
    if status >= 500:
        return Fault.SERVER_ERROR
    return Fault.CLIENT_ERROR if status >= 400 else Fault.REDIRECT
