"""A runtime of Amazon SageMaker on loopback: it verifies each signature with botocore's own signer.

An answer is 403 unless the signature is what botocore makes of the request that arrived, with keys that it knows, over
every header that matters, and not older than five minutes.
"""

from __future__ import annotations

import calendar
import contextlib
import hmac
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.frames import payload_part
from support.loopback import Handler, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Call", "SageMakerRuntime", "sagemaker_runtime", "signature_of"]

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sagemaker/aws4_request, SignedHeaders=(\S+), Signature=(\w+)"
)
MOST_AGE_S = 300


@dataclass(frozen=True)
class Call:
    """A request that arrived, and why it was refused: empty where it was not."""

    path: str
    headers: dict[str, str]
    body: bytes
    refusal: str


@dataclass
class SageMakerRuntime:
    """What the server knows, answers with, and has seen.

    Attributes:
        keys: secret and session token by access key.
        parts: what a streamed answer carries, one a frame.
        last: a frame at the end of a streamed answer, such as an exception.
        pieces: bytes of a streamed answer in one write; 0 writes frame by frame.
    """

    keys: dict[str, tuple[str, str]]
    parts: list[bytes] = field(default_factory=list)
    last: bytes = b""
    pieces: int = 0
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    def refusal(self, path: str, headers: dict[str, str], body: bytes) -> str:
        """Return why a request is refused; empty where its signature holds."""
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if not found:
            return "no signature"
        access, _, region, names, signature = found.groups()
        if access not in self.keys:
            return "unknown access key"
        secret, token = self.keys[access]
        if headers.get("x-amz-security-token", "") != token:
            return "wrong session token"
        signed = names.split(";")
        if missing := [name for name in headers if _must_be_signed(name) and name not in signed]:
            return f"not signed: {missing}"
        stamp = headers["x-amz-date"]
        if abs(time.time() - calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))) > MOST_AGE_S:
            return f"signature of another time: {stamp}"
        kept = {name: headers[name] for name in signed}
        right = signature_of(path, kept, body, Credentials(access, secret, token or None), region)
        return "" if hmac.compare_digest(right, signature) else "signature does not match"


def signature_of(path: str, headers: dict[str, str], body: bytes, credentials: Credentials, region: str) -> str:
    """Return the signature that botocore's signer makes of a request with these headers, `host` among them."""
    request = AWSRequest("POST", f"http://{headers['host']}{path}", headers=headers, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(credentials, "sagemaker", region)
    return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)


@contextlib.contextmanager
def sagemaker_runtime(keys: dict[str, tuple[str, str]]) -> Iterator[SageMakerRuntime]:
    """Serve until the block ends."""
    runtime = SageMakerRuntime(keys)
    with serving(type("Handler", (_Handler,), {"known": runtime})) as runtime.url:
        yield runtime


def _must_be_signed(name: str) -> bool:
    return name in {"host", "content-type", "accept"} or name.startswith("x-am")


class _Handler(Handler):
    known: ClassVar[SageMakerRuntime]

    def post(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.body()
        refusal = self.known.refusal(self.path, headers, body)
        self.known.calls.append(Call(self.path, headers, body, refusal))
        if refusal:
            self.answer(403, {"message": refusal})
        elif self.path.endswith("/invocations-response-stream"):
            self._stream()
        else:
            self.answer(200, {"bytes": len(body)})

    def _stream(self) -> None:
        frames = [payload_part(part) for part in self.known.parts] + [self.known.last]
        if size := self.known.pieces:
            whole = b"".join(frames)
            frames = [whole[at : at + size] for at in range(0, len(whole), size)]
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("X-Amzn-SageMaker-Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in filter(None, frames):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
