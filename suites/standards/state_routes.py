"""The routes on which sessions and adapters are tried, and how an answer of theirs is read.

There are two: what the engine itself serves, and the handlers of a mounted script, behind the same layers of the
library. An observation names its route, so that a verdict can say whose code it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Exchange, RawRequest

if TYPE_CHECKING:
    from seatrial.conformance.api import Drive, Sample

__all__ = [
    "ADAPTER", "ALIAS", "CASE", "CLOSED", "NEW", "SESSION", "Calls", "Headers", "Route", "StateRoute", "echoed",
    "error_text", "json_of", "session_of",
]  # fmt: skip

SESSION = "X-Amzn-SageMaker-Session-Id"
NEW, CLOSED = "X-Amzn-SageMaker-New-Session-Id", "X-Amzn-SageMaker-Closed-Session-Id"
ADAPTER, ALIAS = "X-Amzn-SageMaker-Adapter-Identifier", "X-Amzn-SageMaker-Adapter-Alias"
CASE = "X-Seatrial-Case"
TIMEOUT = 60.0

Headers = tuple[tuple[str, str], ...]


class Route(StrEnum):
    """Whose handlers were asked."""

    OWN = "the engine's own route"
    MOUNTED = "a mounted script's handlers"


@dataclass(frozen=True)
class Calls:
    """Exchanges by name, all on one route.

    Attributes:
        route: whose handlers were asked.
        named: what was sent and what came back.
    """

    route: Route
    named: dict[str, Exchange]

    def __getitem__(self, name: str) -> Exchange:
        return self.named[name]

    def said(self, name: str) -> str:
        """How a report describes one of them."""
        call = self.named[name]
        text = error_text(call)
        return f"on {self.route}: {call.summary}{f', {text[:120]!r}' if text else ''}"


class StateRoute:
    """Sends requests to `/invocations` and `/adapters` of one route.

    Args:
        drive: of the scenario.
        sample: a valid request; None on a mounted script's route, which takes any JSON.
    """

    def __init__(self, drive: Drive, sample: Sample | None = None) -> None:
        self._drive, self._sample = drive, sample
        self.route = Route.MOUNTED if sample is None else Route.OWN

    def post(self, body: object, *headers: tuple[str, str], case: str = "") -> Exchange:
        """POST some JSON, or bytes as they are, to `/invocations`."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        chosen = ((CASE, case),) if case else ()
        given = (("Content-Type", "application/json"), *headers, *chosen)
        return self._send(RawRequest("POST", "/invocations", given, data))

    def infer(self, *headers: tuple[str, str]) -> Exchange:
        """Send a request that a model would answer."""
        if self._sample is None:
            return self.post({"echo": "seatrial"}, *headers)
        return self._send(self._sample.request(*headers))

    def create(self, *headers: tuple[str, str], case: str = "") -> Exchange:
        """Ask for a new session."""
        return self.post({"requestType": "NEW_SESSION"}, *headers, case=case)

    def use(self, session: str) -> Exchange:
        """Send a request within a session."""
        return self.infer((SESSION, session))

    def close(self, *session: str, case: str = "") -> Exchange:
        """Ask for the end of a session, or of none."""
        return self.post({"requestType": "CLOSE"}, *((SESSION, value) for value in session), case=case)

    def load(self, body: object, *headers: tuple[str, str], query: str = "") -> Exchange:
        """Ask for an adapter."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = (("Content-Type", "application/json"), *headers)
        return self._send(RawRequest("POST", f"/adapters{query}", given, data))

    def unload(self, name: str, *headers: tuple[str, str]) -> Exchange:
        """Give an adapter up."""
        return self._send(RawRequest("DELETE", f"/adapters/{name}", headers))

    def ask(self, method: str, target: str) -> Exchange:
        """Send a request without a body."""
        return self._send(RawRequest(method, target))

    def _send(self, request: RawRequest) -> Exchange:
        return self._drive.client.send(request, timeout=self._drive.seconds(TIMEOUT))


def session_of(created: Exchange) -> str:
    """The id that an answer to a create gives; empty where there is none."""
    value = (created.answer.header(NEW) if created.answer else None) or ""
    return value.partition(";")[0].strip()


def json_of(exchange: Exchange) -> Any:
    """The body of an answer as JSON; None where it is none."""
    try:
        return json.loads(exchange.answer.body.head) if exchange.answer else None
    except ValueError:
        return None


def echoed(exchange: Exchange) -> Any:
    """What the script's echo got as its body, as JSON; None where there is none."""
    value = json_of(exchange)
    try:
        return json.loads(value["echo"]) if isinstance(value, dict) and "echo" in value else None
    except ValueError:
        return None


def error_text(exchange: Exchange) -> str:
    """What an error says, wherever the engine puts it: `detail`, `error.message`, or the body itself."""
    if exchange.answer is None:
        return ""
    value = json_of(exchange)
    if isinstance(value, dict):
        error = value.get("error")
        found = value.get("detail", error.get("message") if isinstance(error, dict) else error)
        if found is not None:
            return found if isinstance(found, str) else json.dumps(found)
    return exchange.answer.body.text
