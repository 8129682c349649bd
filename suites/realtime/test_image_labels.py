"""Judges whether an image keeps what its capability labels promise."""

from http import HTTPStatus
from typing import TypeVar

from seatrial.conformance.api import Limits, NotApplicable, Untested, clause, expect, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.image import ImageSeen
from seatrial.suites.realtime.scenarios.image_labels import (
    BIND_TO_PORT,
    MULTI_MODELS,
    PREFIX,
    STREAMING,
    PortSeen,
    PromiseSeen,
)

T = TypeVar("T", PortSeen, PromiseSeen)


@clause("image.labels-are-true")
def test_labels_are_true(
    image: ImageSeen,
    limit: Limits,
    label_port: PortSeen | None = None,
    label_models: PromiseSeen | None = None,
    label_stream: PromiseSeen | None = None,
) -> None:
    """The platform believes a label: it sends what the label promises to take."""
    labels = {k.removeprefix(PREFIX): v for k, v in image.image.labels if k.startswith(PREFIX)}
    if not labels:
        raise NotApplicable("the image has no capability label")
    wrong = [f"{name}={value}" for name, value in labels.items() if value not in {"true", "false"}]
    expect(wrong, f"labels {', '.join(wrong)}").to_be_empty(reason=Reason.LABEL_VALUE, expected="`true` or `false`")
    promised = {name for name, value in labels.items() if value == "true"}
    if BIND_TO_PORT in promised:
        _keeps_port(_tried(label_port, BIND_TO_PORT), int(limit.bind_port))
    if MULTI_MODELS in promised:
        listing = _tried(label_models, MULTI_MODELS).exchange
        expect(listing.status, proof=listing).to_be(
            HTTPStatus.OK, reason=Reason.LABEL_UNTRUE, expected=f"GET /models answers 200, as {MULTI_MODELS}=true says"
        )
    if STREAMING in promised:
        upgrade = _tried(label_stream, STREAMING).exchange
        expect(upgrade.status, proof=upgrade).to_be(
            HTTPStatus.SWITCHING_PROTOCOLS,
            reason=Reason.LABEL_UNTRUE,
            expected=f"101, a WebSocket, as {STREAMING}=true says",
        )


def _tried(seen: T | None, capability: str) -> T:
    if seen is None:
        untested(Untested.PREREQUISITE, f"what {capability}=true promises was not tried")
    return seen


def _keeps_port(seen: PortSeen, port: int) -> None:
    if seen.usual is not None:
        what = f"port {port} does not answer ({seen.there.summary}), port 8080 does"
    else:
        what = f"port {port}: {seen.there.summary}, {seen.waited:.1f} s after the start"
    expect(seen.there.status, what, proof=seen.there).to_be(
        HTTPStatus.OK,
        reason=Reason.LABEL_UNTRUE,
        expected=f"with SAGEMAKER_BIND_TO_PORT={port} /ping answers 200 there, as {BIND_TO_PORT}=true says",
    )
