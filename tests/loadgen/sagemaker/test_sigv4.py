"""Signatures by hand are byte for byte botocore's."""

from __future__ import annotations

import calendar
import string
import time
from urllib.parse import quote

from botocore.auth import SIGNED_HEADERS_BLACKLIST, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sagemaker_runtime import signature_of

from seatrial.loadgen.sagemaker.sigv4 import SIGNED_BY_US, Keys, Signer, Unsigned, hash_body
from seatrial.loadgen.target.parse import parse_authority

LETTERS = string.ascii_letters + string.digits
OURS = {*SIGNED_BY_US, "host"}
NAMES = st.text(LETTERS + "-", min_size=1, max_size=24) | st.sampled_from([*SIGNED_HEADERS_BLACKLIST, "X-Amz-Meta-A"])
VALUES = st.text(string.ascii_letters + string.punctuation + "  \t", max_size=30).map(str.strip)
HEADERS = st.lists(st.tuples(NAMES.filter(lambda name: name.lower() not in OURS), VALUES), max_size=6)
SEGMENTS = st.sampled_from(["", ".", "..", "~", "a b"]) | st.text(max_size=12)
PATHS = st.lists(SEGMENTS, max_size=5).map(lambda parts: "/" + "/".join(quote(part, safe="-._~") for part in parts))
HOSTS = st.sampled_from(
    ["https://runtime.sagemaker.eu-west-3.amazonaws.com", "http://[::1]:8080", "http://localhost:80", "https://h:8443"]
)
SECRETS = st.text(LETTERS + "+/=", min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(
    host=HOSTS, path=PATHS, headers=HEADERS, body=st.binary(max_size=64), secret=SECRETS, access=SECRETS,
    token=st.just("") | SECRETS, region=st.sampled_from(["us-east-1", "cn-north-1", "x"]),
)  # fmt: skip
def test_every_signature_is_the_one_that_botocore_makes(
    host: str, path: str, headers: list[tuple[str, str]], body: bytes, secret: str, access: str, token: str, region: str
):
    request = AWSRequest("POST", host + path, data=body)
    for name, value in headers:
        request.headers[name] = value
    SigV4Auth(Credentials(access, secret, token or None), "sagemaker", region).add_auth(request)
    sent = [("Host", parse_authority("-e", host).header), *headers]
    ours = signed(Keys(access, secret, token), region, path, sent, body, request.headers["X-Amz-Date"])
    assert ours["authorization"] == request.headers["Authorization"]


def test_the_signing_key_changes_at_midnight():
    keys = Keys("AK", "secret")
    signer = Signer(keys, "us-east-1")
    for stamp in ("20251231T235959Z", "20260101T000000Z", "20251231T235959Z"):
        moment = signer.at(seconds(stamp), Unsigned("POST", "/endpoints/e/invocations", [("Host", "h")]))
        right = signature_of(
            "/endpoints/e/invocations", {"host": "h", "x-amz-date": stamp}, b"x", Credentials("AK", "secret"),
            "us-east-1",
        )  # fmt: skip
        assert moment.sign(hash_body(b"x")).decode() == right


def test_a_moment_signs_many_bodies():
    moment = Signer(Keys("AK", "secret"), "us-east-1").at(0, Unsigned("POST", "/", [("Host", "h")]))
    first, second = hash_body(b"1"), hash_body(b"2")
    assert moment.sign(first) == moment.sign(first) != moment.sign(second)


def test_a_secret_stands_in_no_representation():
    assert "hush" not in repr(Keys("AK", "hush", "hush"))


def signed(
    keys: Keys, region: str, path: str, headers: list[tuple[str, str]], body: bytes, stamp: str
) -> dict[str, str]:
    """Return the headers, by lower-case name, of what our signer would send."""
    moment = Signer(keys, region).at(seconds(stamp), Unsigned("POST", path, headers))
    head = (moment.head + moment.sign(hash_body(body))).decode("ascii")
    line, *lines = head.split("\r\n")
    assert line == f"POST {path} HTTP/1.1"
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


def seconds(stamp: str) -> int:
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
