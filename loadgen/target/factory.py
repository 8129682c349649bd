"""Makes the traffic of a target: the one place that knows every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.routed.traffic import RoutedTraffic
from seatrial.loadgen.sagemaker.runtime import find_runtime
from seatrial.loadgen.sagemaker.traffic import SageMakerTraffic
from seatrial.loadgen.target.headers import parse_headers
from seatrial.loadgen.target.http import HttpTraffic, check_method
from seatrial.loadgen.target.values import HttpTarget, RoutedTarget, SageMakerTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatrial.loadgen.sagemaker.runtime import Runtime
    from seatrial.loadgen.target.values import Target
    from seatrial.loadgen.traffic import Traffic

__all__ = ["build_traffic"]


def build_traffic(
    target: Target,
    bodies: Sequence[bytes],
    media: Sequence[str],
    *,
    method: str = "POST",
    headers: Sequence[str] = (),
    key: str | None = None,
    workload: Sequence[float] | None = None,
    keeps: bool = False,
    runtime: Runtime | None = None,
) -> Traffic:
    """Return what makes the bytes of each request to a target.

    Args:
        target: what `parse_target` returned.
        bodies: one a payload.
        media: media type of each body; empty sends none.
        method: `--method`.
        headers: `-H` options, each `Name: value`.
        key: what `api_key` returned. Sent as a bearer token, or to the router; SageMaker has no use for it.
        workload: of each payload, as the router's `cost`; None counts 1 for each.
        keeps: whether bodies are kept for a reader.
        runtime: of a SageMaker target, where `find_runtime` was called before; None calls it.

    Raises:
        UsageError: something that cannot be sent, a method that the target does not know, no key for a router, no
            credentials, region or botocore for SageMaker.
    """
    given = parse_headers(headers)
    if isinstance(target, HttpTarget):
        return HttpTraffic(target, bodies, media, method=method, headers=given, key=key, keeps=keeps)
    if check_method(method) != "POST":
        kind = "--router" if isinstance(target, RoutedTarget) else "-e sagemaker://…"
        raise UsageError(f"--method {method!r} does not go with {kind}, which takes POST only: leave it out")
    if isinstance(target, SageMakerTarget):
        found = runtime or find_runtime(target)
        return SageMakerTraffic(target, bodies, media, runtime=found, headers=given, keeps=keeps)
    if key is None:
        raise UsageError("--router needs the API key of the group: set SEATRIAL_API_KEY, or give it with -k")
    return RoutedTraffic(target, bodies, key=key, workload=workload, headers=given, keeps=keeps)
