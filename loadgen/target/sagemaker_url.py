"""Reads `sagemaker://ENDPOINT?variant=&component=&target-model=&session=&region=&stream=1`."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.hiding import quoted
from seatrial.loadgen.target.values import SageMakerTarget

__all__ = ["parse_sagemaker_url"]

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
"""Names of endpoints, variants, components and sessions (EndpointName of the API; they differ in length only)."""
_NEW_SESSION = "NEW_SESSION"
_KNOWN = ("variant", "component", "target-model", "session", "region", "stream")
_TRUTH = {"1": True, "true": True, "0": False, "false": False}
_LONGEST = {"variant": 63, "component": 63, "session": 256}


def parse_sagemaker_url(url: str, *, insecure: bool = False) -> SageMakerTarget:
    """Return the endpoint that a URL names.

    Source of the forms: `service-2.json` of `sagemaker-runtime` in botocore.

    Raises:
        UsageError: a name that cannot be one, a parameter that does not exist, is given twice or has no value.
    """
    place, _, query = url.partition("://")[2].partition("?")
    endpoint = place.removesuffix("/")
    if not _NAME.fullmatch(endpoint) or len(endpoint) > 63:
        raise UsageError(
            f"-e {quoted(url)} names no endpoint, expected 1 to 63 letters, digits and inner hyphens, as in "
            " sagemaker://my-endpoint?variant=blue"
        )
    said = _parameters(query)
    for name, longest in _LONGEST.items():
        _check_name(name, said.get(name), longest)
    stream = _truth(said.get("stream", "0"))
    if stream and "target-model" in said:
        raise UsageError("-e: InvokeEndpointWithResponseStream knows no target-model, so leave it or stream=1 out")
    if stream and said.get("session") == _NEW_SESSION:
        raise UsageError("-e: a session is opened without stream=1 only: give the id of one that is open")
    return SageMakerTarget(
        endpoint, said.get("variant"), said.get("component"), said.get("target-model"), said.get("session"),
        said.get("region"), stream, insecure,
    )  # fmt: skip


def _parameters(query: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _KNOWN:
            raise UsageError(f"-e: sagemaker:// knows no parameter {name!r}, expected {', '.join(_KNOWN)}")
        if name in said:
            raise UsageError(f"-e: {name} stands twice in the sagemaker:// URL, expected once")
        if not value or not value.isascii() or not value.isprintable():
            raise UsageError(f"-e: {name}={value!r} in the sagemaker:// URL, expected printable ASCII characters")
        said[name] = value
    return said


def _check_name(name: str, value: str | None, longest: int) -> None:
    if value is None or (name == "session" and value == _NEW_SESSION):
        return
    if not _NAME.fullmatch(value) or len(value) > longest:
        raise UsageError(
            f"-e: {name}={value!r} in the sagemaker:// URL, expected 1 to {longest} letters, digits and inner hyphens"
        )


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise UsageError(f"-e: stream={text!r} in the sagemaker:// URL, expected 1 or 0")
    return _TRUTH[text.lower()]
