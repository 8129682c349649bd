"""The requests of this profile: loading, unloading, and asking a model with one adapter or another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from seatrial.conformance.api import Drive, Exchange, RawRequest, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALIAS", "HEADER", "AdapterRoute", "fields_of", "with_fields"]

HEADER, ALIAS = "X-Amzn-SageMaker-Adapter-Identifier", "X-Amzn-SageMaker-Adapter-Alias"
JSON = ("Content-Type", "application/json")
TIMEOUT = 60.0
KEPT = 64 * 1024
"""Bytes of an answer that are kept: what a model said is compared whole."""


class AdapterRoute:
    """Sends requests to `/adapters` and `/invocations`.

    Args:
        drive: of the scenario.
    """

    def __init__(self, drive: Drive) -> None:
        self._client = drive.client.keeping(KEPT)
        self._timeout = drive.seconds(TIMEOUT)

    def load(self, name: str, src: str) -> Exchange:
        """Ask for an adapter as the platform does, or in JSON where that is refused."""
        exchange = self.load_by_query(name, src)
        return exchange if exchange.ok else self.load_by_body(name=name, src=src)

    def load_by_query(self, name: str, src: str) -> Exchange:
        """Ask for an adapter in the query, with an empty body."""
        return self.send("POST", f"/adapters?{urlencode({'name': name, 'src': src})}")

    def load_by_body(self, **fields: str) -> Exchange:
        """Ask for an adapter in JSON."""
        return self.send("POST", "/adapters", JSON, body=json.dumps(fields).encode())

    def unload(self, name: str) -> Exchange:
        """Give an adapter up."""
        return self.send("DELETE", f"/adapters/{quote(name, safe='')}")

    def ask(self, sample: Sample, adapter: str = "", *headers: tuple[str, str]) -> Exchange:
        """Invoke with an adapter that the header names, or with the base model."""
        named = ((HEADER, adapter),) if adapter else ()
        return self._client.send(sample.request(*named, *headers), timeout=self._timeout)

    def send(self, method: str, target: str, *headers: tuple[str, str], body: bytes = b"") -> Exchange:
        """Send a request as it is."""
        return self._client.send(RawRequest(method, target, headers, body), timeout=self._timeout)


def fields_of(sample: Sample) -> dict[str, Any]:
    """The fields of a request that is a JSON object; none where it is something else."""
    try:
        value = json.loads(sample.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def with_fields(sample: Sample, changed: Mapping[str, Any], name: str = "") -> Sample:
    """The same request with some fields set."""
    body = json.dumps({**fields_of(sample), **changed}).encode()
    return Sample(name or sample.name, sample.content_type, body, sample.slow, sample.given)
