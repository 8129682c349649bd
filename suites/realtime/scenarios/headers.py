"""Drives headers that the platform may send along: unknown ones, its own, and custom attributes.

All of them stay within 4 KB, and headers that legally change what is served (sessions, adapters, multi-model routing)
are left out.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Sample, scenario
from seatrial.suites.realtime.scenarios.invoke import Plain, plain, send_form

__all__ = ["ATTRIBUTES", "MARK", "HeadersSeen"]

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
MARK = "seatrial-mark"
"""Stands in the custom attributes that are sent, and must not stand in an answer to a request without any."""

HEADER_BYTES, EXTRA = 4096, 20
LONGEST_ATTRIBUTES = 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class HeadersSeen:
    """How a sample was answered with headers that mean nothing to it.

    Attributes:
        plain: without any.
        extra: with twenty unknown `X-Amzn-*` headers.
        named: with the platform's own headers at full length.
        attributes: with custom attributes of 1024 characters.
        after: without any, right after those.
    """

    plain: Plain
    extra: Exchange
    named: Exchange
    attributes: Exchange
    after: Exchange


@scenario("headers", sees=HeadersSeen, takes=0.1)
def headers(drive: Drive) -> HeadersSeen:
    """Send a sample with every kind of header."""
    sample = drive.sample
    usual = plain(drive, sample)

    def send(*headers: tuple[str, str]) -> Exchange:
        return send_form(drive, usual, sample.request(*headers))

    return HeadersSeen(
        usual, send(*_extra(drive, sample)), send(*_named()), send((ATTRIBUTES, _attributes())), send()
    )  # fmt: skip


def _extra(drive: Drive, sample: Sample) -> Headers:
    """As many bytes of unknown headers as fit into 4 KB together with the usual ones."""
    names = [f"X-Amzn-Seatrial-Unknown-{number:02}" for number in range(EXTRA)]
    room = (HEADER_BYTES - len(drive.request(sample).head())) // EXTRA
    return tuple((name, _fill(room - len(f"{name}: \r\n"))) for name in names)


def _named() -> Headers:
    inference_id = "../../tmp/a b/%s%n{0}$HOME\";'<>&|"
    return (
        (ATTRIBUTES, "trace=c000b4f9-df62-4c85-a0bf-7c525f9104a4"),
        ("X-Amzn-SageMaker-Inference-Id", inference_id + _fill(64 - len(inference_id))),
        ("X-Amzn-SageMaker-Target-Variant", _fill(63)),
        ("X-Amzn-SageMaker-Target-Container-Hostname", _fill(63)),
        ("X-Amzn-SageMaker-Inference-Component", _fill(63)),
        ("X-Amzn-SageMaker-Prefix-Aware-Id", _fill(64)),
        ("X-Amzn-SageMaker-Enable-Explanations", "`false`"),
        ("X-Amzn-SageMaker-Forwarded-Api", "InvokeEndpoint"),
        ("X-Amzn-SageMaker-Request-Id", "7c525f91-04a4-4c85-a0bf-c000b4f9df62"),
    )


def _attributes() -> str:
    start = f"{MARK}=1,trace;id=\"a b\",'x'=,=,;;\\%00{{}}[]<>&|$?#@!~^`*()+-/:._, no equals sign, "
    return start + _fill(LONGEST_ATTRIBUTES - len(start))


def _fill(length: int) -> str:
    """Letters and digits."""
    alphabet = string.ascii_letters + string.digits
    return (alphabet * (max(length, 0) // len(alphabet) + 1))[: max(length, 0)]
