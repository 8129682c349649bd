"""Requests to an endpoint of Amazon SageMaker, signed when they are sent.

A signature holds for five minutes, a run for longer, so requests cannot be signed before it. What depends on the clock
is made once a second for each media type; a request then costs one hash, one HMAC and one joining of bytes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.sagemaker.sigv4 import SIGNED_BY_US, Signer, Unsigned, hash_body
from seatrial.loadgen.target.headers import USER_AGENT, Header, merge
from seatrial.loadgen.target.http import check_media
from seatrial.loadgen.target.single import SingleStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatrial.loadgen.sagemaker.runtime import Runtime
    from seatrial.loadgen.target.values import SageMakerTarget
    from seatrial.loadgen.traffic import Authority

__all__ = ["SageMakerTraffic"]


class SageMakerTraffic(SingleStep):
    """`Traffic` of InvokeEndpoint, or of InvokeEndpointWithResponseStream.

    Args:
        target: which endpoint.
        bodies: one a payload.
        media: `Content-Type` of each body; empty leaves the header out.
        runtime: where it is called, and with whose keys.
        headers: the user's, over ours; signed with the rest.
        keeps: whether answers are kept for a reader.

    Raises:
        UsageError: a header that cannot be signed or is the signature's own, or a media type that cannot be sent.
    """

    def __init__(
        self,
        target: SageMakerTarget,
        bodies: Sequence[bytes],
        media: Sequence[str],
        *,
        runtime: Runtime,
        headers: Sequence[Header] = (),
        keeps: bool = False,
    ) -> None:
        self.authority = runtime.authority
        self.keeps = keeps
        self._keeper = runtime.keeper
        self._region = runtime.region
        self._keys = runtime.keeper.keys
        self._signer = Signer(self._keys, runtime.region)
        path = _path(runtime.host, target)
        kinds = sorted(set(media))
        self._unsigned = [Unsigned("POST", path, _headers(target, self.authority, kind, headers)) for kind in kinds]
        self._kind = [kinds.index(kind) for kind in media]
        self._hashes = [hash_body(body) for body in bodies]
        self._tails = [b"\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies]
        self._turn(int(time.time()))

    def begin(self) -> None:
        """Let the credentials be renewed beside the load of this process."""
        self._keeper.watch()

    def first(self, row: int, payload: int) -> bytes:  # noqa: ARG002 - the protocol names the row
        """Return the whole request of a payload, signed for this second."""
        now = int(time.time())
        if now != self._second:
            self._turn(now)
        moment = self._moments[self._kind[payload]]
        return moment.head + moment.sign(self._hashes[payload]) + self._tails[payload]

    def _turn(self, second: int) -> None:
        """Make what holds for a second, with the keys that are fresh in it."""
        if self._keys is not self._keeper.keys:
            self._keys = self._keeper.keys
            self._signer = Signer(self._keys, self._region)
        self._second = second
        self._moments = [self._signer.at(second, unsigned) for unsigned in self._unsigned]


def _path(host: str, target: SageMakerTarget) -> str:
    # The name needs no encoding: what could, the reading of the URL has refused.
    operation = "invocations-response-stream" if target.stream else "invocations"
    return f"{urlsplit(host).path.rstrip('/')}/endpoints/{target.endpoint}/{operation}"


def _headers(target: SageMakerTarget, authority: Authority, media: str, given: Sequence[Header]) -> list[Header]:
    """Return the headers of a request but for those of the signature (names of `service-2.json` in botocore)."""
    ours = [
        ("Host", authority.header),
        ("User-Agent", USER_AGENT),
        ("Content-Type", check_media(media)),
        ("X-Amzn-SageMaker-Target-Variant", target.variant),
        ("X-Amzn-SageMaker-Inference-Component", target.component),
        ("X-Amzn-SageMaker-Target-Model", target.model),
        ("X-Amzn-SageMaker-Session-Id", target.session),
    ]
    for name, value in given:
        if name.lower() in SIGNED_BY_US:
            raise UsageError(f"-H {name!r} is set by the signature of a sagemaker:// target: leave it out")
        if not value.isascii():
            raise UsageError(f"-H {name!r} has a character outside ASCII in its value, which cannot be signed")
    # A streamed answer's wish travels in a header of its own; `Accept` would be for the event stream around it.
    wished = [("X-Amzn-SageMaker-Accept", v) if target.stream and n.lower() == "accept" else (n, v) for n, v in given]
    return merge([(name, value) for name, value in ours if value], wished)
