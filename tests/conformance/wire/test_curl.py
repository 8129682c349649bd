"""The command line repeats the request: curl itself is run, and a correct server compares."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.curl import curl_line
from seatrial.conformance.wire.exchange import Body, Exchange, Request
from seatrial.conformance.wire.rawhttp import Client, RawRequest
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from pathlib import Path

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
JSON = ("Content-Type", "application/json")


@needs_curl
@pytest.mark.parametrize(
    "request_",
    [
        RawRequest(),
        RawRequest("GET", "/a/../b//c?x=[1]&y={2}%20z"),
        RawRequest("POST", "/invocations", (JSON, ("X-Quote", 'it\'s "so" $HOME `x`')), b'{"a": "it\'s $HOME"}'),
        RawRequest("POST", "/invocations", (("x-odd", ""), ("Accept", "text/csv")), b"1,2\n3,4\n"),
        RawRequest("POST", "/empty", (JSON,)),
        RawRequest("POST", "/chunked", (JSON,), b"[1, 2]", framing="chunked"),
        RawRequest("DELETE", '/x"<y>'),
        RawRequest("PUT", "/at", (JSON,), b"@file"),
        RawRequest("POST", "/binary", (), bytes(range(256))),
        RawRequest("POST", "/large", (JSON,), b"x" * 2_000_000),
    ],
    ids=lambda request: request.target,
)
def test_curl_sends_the_same_request(correct: Address, tmp_path: Path, request_: RawRequest):
    ours = Client(correct, origin=time.monotonic(), mask=Redactor()).send(request_, timeout=5)
    line = curl_line(ours, correct)
    assert "\n# " not in line
    (tmp_path / "sample.bin").write_bytes(request_.body)
    (tmp_path / "file").write_bytes(b"not this")
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True, timeout=20, env=_plain())
    assert _comparable(done.stdout) == _comparable(_whole(ours))


def _plain() -> dict[str, str]:
    """The environment without proxies and without the user's own curl settings."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "NO_PROXY": "*"}


def _whole(exchange: Exchange) -> bytes:
    assert exchange.ok, exchange
    assert exchange.answer is not None
    assert not exchange.answer.body.cut
    return exchange.answer.body.head


def _comparable(answer: bytes) -> dict[str, Any]:
    """What the server saw; the order of headers is curl's own."""
    seen: dict[str, Any] = json.loads(answer)
    seen["headers"] = sorted(seen["headers"])
    return seen


ADDRESS = Address("10.0.0.2")


def test_the_line_is_readable():
    request = Request("POST", "/invocations", (("Host", "model.aws.local:8080"), JSON), Body(length=2, head=b"[]"))
    assert curl_line(Exchange(request), ADDRESS) == (
        "curl -sv --path-as-is -X POST -H 'Host: model.aws.local:8080' -H 'Content-Type: application/json' "
        "-H User-Agent: -H Accept: --data-binary '[]' -g http://10.0.0.2:8080/invocations"
    )


def test_an_old_version_and_a_lying_length_are_part_of_it():
    request = Request("POST", "/", (("Content-Length", "9"),), Body(length=2, head=b"[]"), version="1.0")
    words = shlex.split(curl_line(Exchange(request), ADDRESS))
    assert "--http1.0" in words
    assert "Content-Length: 9" in words


def test_a_long_body_stands_in_a_file_with_its_digest():
    request = Request("POST", "/", (), Body(length=10**7, head=b"x" * 4096, cut=True, sha256="ab" * 32))
    line = curl_line(Exchange(request), Address("::1", tls=True, path="/model"), sample="samples/big.json")
    assert "--data-binary @samples/big.json -g 'https://[::1]:8080/'" in line
    assert line.endswith(f"  # samples/big.json: 10,000,000 bytes, sha256 {'ab' * 32}")


def test_a_hostile_target_cannot_leave_its_quotes():
    request = Request("GET", "/'; rm -rf $HOME #\n", ())
    words = shlex.split(curl_line(Exchange(request), ADDRESS))
    assert words[words.index("--request-target") + 1] == request.target
