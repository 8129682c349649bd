"""An HTTP/1.1 client for a peer that is not trusted: exact bytes out, bounded reading in, every failure with a name.

It follows no redirect, retries nothing, keeps no cookie and corrects nothing: what a scenario asks for is what goes
out, once, and what became of it comes back as an `Exchange`. Network trouble is never an exception. The deadline of an
exchange is a total: a peer that sends one byte a second does not stretch it.
"""

from __future__ import annotations

import copy
import dataclasses
import ssl
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from seatrial.conformance.wire.answer import AnswerReader, WireLimits
from seatrial.conformance.wire.body import body_of
from seatrial.conformance.wire.exchange import Exchange, Request, Trouble
from seatrial.conformance.wire.horizon import Horizon
from seatrial.conformance.wire.link import ConnectFailed, Link, open_link
from seatrial.conformance.wire.live import LiveStream
from seatrial.conformance.wire.request import Pause, RawRequest
from seatrial.conformance.wire.talk import Talk
from seatrial.conformance.wire.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.subject.launcher import Address
    from seatrial.conformance.wire.redact import Redactor
    from seatrial.conformance.wire.request import Step
    from seatrial.conformance.wire.streamed import Streamed

__all__ = ["Client", "Connection", "End", "Pause", "RawRequest", "WireLimits"]

DETAIL_CHARS = 500
SHOWN_BYTES = 40

Headers = tuple[tuple[str, str], ...]


class End(StrEnum):
    """How a connection stands, as far as the peer is concerned."""

    OPEN = "open"
    FIN = "fin"
    """Closed in order."""
    RST = "rst"
    """Reset, or broken in another way."""


class Client:
    """Sends requests to one address. Cheap to make, and safe to use from several threads.

    Args:
        address: where to dial; its path goes before every target.
        origin: the monotonic time of the launch, from which `Exchange.started` counts.
        mask: masks secrets in everything that is kept.
        limits: what is accepted from the peer.
        verify: whether the certificate of a TLS peer is checked against the system's trust store.
        horizon: the moment after which nothing is waited for.
    """

    def __init__(
        self,
        address: Address,
        *,
        origin: float,
        mask: Redactor,
        limits: WireLimits = WireLimits(),  # noqa: B008  # a frozen value
        verify: bool = True,
        horizon: Horizon | None = None,
    ) -> None:
        self.address, self.origin, self.mask, self.limits = address, origin, mask, limits
        self.horizon = horizon or Horizon()
        self._tls = _tls(verify=verify) if address.tls else None

    def connect(self, timeout: float = 2.0, *, source: str = "") -> Connection:
        """Open a connection for one or more exchanges; look at its `trouble` to see whether it stands.

        Args:
            timeout: seconds for the TCP (and TLS) connect.
            source: the local address to connect from.
        """
        begun = time.monotonic()
        host, port = self.address.host, self.address.port
        deadline = min(begun + timeout, self.horizon.until)
        link, connected = open_link(host, port, deadline=deadline, source=source, tls=self._tls)
        return Connection(self, link, begun=begun, connected=connected)

    def send(self, request: RawRequest, *, timeout: float) -> Exchange:
        """One exchange on a connection of its own, which is closed afterwards.

        Args:
            request: what to send.
            timeout: seconds for everything, the connect included.
        """
        begun = time.monotonic()
        with self.connect(min(timeout, self.limits.connect)) as connection:
            return connection.play(request, begun=begun, deadline=begun + timeout, last=True)

    def keeping(self, body_bytes: int) -> Client:
        """The same client, with records that keep so many bytes of an answer's body: for judges that read it whole."""
        other = copy.copy(self)
        other.limits = dataclasses.replace(self.limits, kept_bytes=body_bytes)
        return other

    def stream(self, request: RawRequest, *, timeout: float) -> Streamed:
        """One exchange whose answer is recorded piece by piece, read as it comes to its end.

        Args:
            request: what to send; its pauses and its abort are not played.
            timeout: seconds for everything, the connect included.
        """
        with self.open_stream(request, timeout=timeout) as stream:
            stream.read()
            return stream.seen()

    def open_stream(self, request: RawRequest, *, timeout: float, receive_buffer: int = 0) -> LiveStream:
        """The same with the reading in the caller's hands: read some, wait, read on, or leave.

        Args:
            request: what to send; its pauses and its abort are not played.
            timeout: seconds for everything, the connect included.
            receive_buffer: bytes that our kernel takes in while nothing is read (the least is about 2,300), so that a
                caller who does not read is soon felt by the peer; 0 for the system's own, which may be megabytes.
        """
        begun = time.monotonic()
        link, connected = open_link(
            self.address.host,
            self.address.port,
            deadline=min(begun + min(timeout, self.limits.connect), self.horizon.until),
            tls=self._tls,
            receive_buffer=receive_buffer,
        )
        return LiveStream(
            link,
            request,
            prefix=self.address.path,
            mask=self.mask,
            limits=self.limits,
            origin=self.origin,
            begun=begun,
            connected=connected,
            deadline=min(begun + timeout, self.horizon.until),
        )

    def websocket(self, request: RawRequest, *, timeout: float) -> WebSocket:
        """Ask for a WebSocket; look at its `handshake` to see whether it stands.

        Args:
            request: the handshake, see `upgrade_request`.
            timeout: seconds for the connect and the handshake together.
        """
        begun = time.monotonic()
        deadline = min(begun + timeout, self.horizon.until)
        host, port = self.address.host, self.address.port
        link, connected = open_link(host, port, deadline=deadline, tls=self._tls)
        return WebSocket(
            link,
            request,
            prefix=self.address.path,
            mask=self.mask,
            origin=self.origin,
            begun=begun,
            connected=connected,
            deadline=deadline,
            horizon=self.horizon.until,
        )

    def get(self, target: str = "/ping", *, headers: Headers = (), timeout: float = 2.0) -> Exchange:
        """GET a target, by default as the platform's health check does."""
        return self.send(RawRequest("GET", target, headers), timeout=timeout)

    def post(
        self,
        target: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        headers: Headers = (),
        timeout: float = 60.0,
    ) -> Exchange:
        """POST a body, by default as the platform's invocation does; an empty `content_type` sends none."""
        given = (("Content-Type", content_type), *headers) if content_type else headers
        return self.send(RawRequest("POST", target, given, body), timeout=timeout)


class Connection:
    """A keep-alive connection: several exchanges, one after the other. Not safe to share between threads.

    Attributes:
        trouble: why it cannot carry another exchange: the connect failed, or an exchange ended badly; None else.
        detail: the trouble in the system's own words.
        connected: seconds that the TCP connect took; None where it failed.
        exchanges: how many exchanges it carried.
    """

    def __init__(self, client: Client, link: Link | ConnectFailed, *, begun: float, connected: float) -> None:
        self._client = client
        self._link = link if isinstance(link, Link) else None
        self._begun, self._connected = begun, connected
        self._waiting = b""
        self._end = End.OPEN
        self.trouble = link.trouble if isinstance(link, ConnectFailed) else None
        self.detail = client.mask.mask_text(link.detail) if isinstance(link, ConnectFailed) else ""
        self.connected = connected - begun if self._link else None
        self.exchanges = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def unasked(self) -> int:
        """How many bytes came that belong to no exchange yet."""
        return len(self._waiting)

    def exchange(self, request: RawRequest, *, timeout: float) -> Exchange:
        """Send a request and read its answer; times count from the first write.

        Args:
            request: what to send.
            timeout: seconds for everything.
        """
        begun = time.monotonic()
        return self.play(request, begun=begun, deadline=begun + timeout)

    def read_answer(self, *, timeout: float, method: str = "GET") -> Exchange:
        """Read the answer to a request that was written with `write`; times count from now."""
        begun = time.monotonic()
        return self.play(RawRequest(method, ""), begun=begun, deadline=begun + timeout, script=iter(()))

    def write(self, data: bytes, *, timeout: float = 5.0) -> int:
        """Write bytes as they are; how many the kernel took until the timeout or until the connection broke."""
        deadline = self._by(timeout)
        view, done = memoryview(data), 0
        while self._link is not None and done < len(data) and time.monotonic() < deadline:
            try:
                taken = self._link.send(view[done:])
            except OSError as error:
                self._lose(Trouble.SEND_FAILED, error)
                break
            done += taken
            if not taken and self._link.wait(until=deadline, write=True) and not self._listen():
                break
        return done

    def idle_closed(self, timeout: float = 0.0) -> End:
        """Whether the peer has closed, waiting up to so many seconds for it; bytes that come are kept."""
        deadline = self._by(timeout)
        while self._end is End.OPEN and self._link is not None:
            if self._link.wait(until=deadline):
                self._listen()
            elif time.monotonic() >= deadline:
                break
        return self._end

    def half_close(self) -> None:
        """Shut down the writing side."""
        if self._link is not None:
            self._link.half_close()

    def close(self) -> None:
        """Close it. Safe to call twice."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def reset(self) -> None:
        """Close it with an RST."""
        if self._link is not None:
            self._link.reset()
            self._link = None

    def play(
        self,
        request: RawRequest,
        *,
        begun: float,
        deadline: float,
        script: Iterator[Step] | None = None,
        last: bool = False,
    ) -> Exchange:
        """One exchange with its clock in the caller's hands; `exchange` and `Client.send` are what scenarios use.

        Args:
            request: what is recorded as sent.
            begun: the monotonic time from which its times count.
            deadline: the monotonic time at which it ends.
            script: what is written; the request's own where None.
            last: whether no other exchange follows on this connection.
        """
        reader = AnswerReader(request.method.upper(), self._client.mask, self._client.limits)
        if self._link is None or self.trouble is not None:
            trouble, detail = self.trouble or Trouble.NO_ANSWER, self.detail or "the connection is closed"
            return self._record(request, begun, trouble=trouble, detail=detail)
        early = len(self._waiting)
        reader.feed(self._waiting, begun)
        steps = request.script(self._client.address.path) if script is None else script
        deadline = min(deadline, self._client.horizon.until)
        talk = Talk(self._link, steps, reader, limits=self._client.limits, deadline=deadline, last=last)
        talk.first_byte = begun if early else None
        talk.run()
        if not self._link.open:
            self._link = None
        self._waiting = reader.leftover
        if talk.peer_closed and self._end is End.OPEN:
            self._end = End.RST if reader.trouble is Trouble.RESET else End.FIN
        self._await_close(reader)
        notes = [f"{early} bytes came before the request"] if early else []
        return self._finish(request, begun, reader, talk, notes)

    def _by(self, timeout: float) -> float:
        return min(time.monotonic() + timeout, self._client.horizon.until)

    def _await_close(self, reader: AnswerReader) -> None:
        """See whether the peer closes now, as its answer said it would; without such a word only look."""
        announced = reader.trouble is None and not reader.keep_alive
        self.idle_closed(self._client.limits.close if announced else 0.0)

    def _finish(
        self, request: RawRequest, begun: float, reader: AnswerReader, talk: Talk, notes: list[str]
    ) -> Exchange:
        trouble = reader.trouble
        unsent = talk.body_sent < len(request.body)
        if not reader.begun and (talk.broken or (unsent and trouble is Trouble.RESET)):
            trouble = Trouble.SEND_FAILED
        if talk.broken:
            notes.append(f"sending broke off after {talk.body_sent:,} bytes of the body: {talk.broken}")
        elif unsent and trouble is None:
            notes.append(f"answered when {talk.body_sent:,} of {len(request.body):,} bytes of the body were sent")
        if self._waiting:
            shown = self._client.mask.mask_bytes(self._waiting)[:SHOWN_BYTES]
            notes.append(f"{len(self._waiting):,} bytes came after the end of the answer: {shown!r}")
        detail = self._client.mask.mask_text("; ".join(filter(None, [reader.detail, *notes])))[:DETAIL_CHARS]
        exchange = self._record(request, begun, reader=reader, talk=talk, trouble=trouble, detail=detail)
        if trouble is not None or unsent:
            self.trouble, self.detail = trouble or Trouble.SEND_FAILED, detail
            self.close()
        return exchange

    def _record(
        self,
        request: RawRequest,
        begun: float,
        *,
        trouble: Trouble | None,
        detail: str,
        reader: AnswerReader | None = None,
        talk: Talk | None = None,
    ) -> Exchange:
        def since(moment: float | None) -> float | None:
            return None if moment is None else moment - begun

        mask, reused = self._client.mask, self.exchanges > 0
        self.exchanges += 1
        fresh = not reused and self.connected is not None and begun <= self._begun
        sent = Request(
            method=request.method,
            target=mask.mask_text(self._client.address.path + request.target),
            headers=mask.mask_headers(request.sent_headers()),
            body=body_of(memoryview(request.body)[: talk.body_sent if talk else 0], mask),
            version=request.version,
        )
        return Exchange(
            request=sent,
            answer=reader.answer() if reader else None,
            trouble=trouble,
            detail=detail,
            started=begun - self._client.origin,
            connected=self._connected - begun if fresh else None,
            sent=since(talk.sent) if talk else None,
            first_byte=since(talk.first_byte) if talk else None,
            done=(talk.ended or time.monotonic()) - begun if talk else time.monotonic() - begun,
            reused=reused,
            closed=self._end is not End.OPEN,
            interim=tuple((status, at - begun) for status, at in reader.interim) if reader else (),
        )

    def _listen(self) -> bool:
        """Take what is there; whether the connection still stands and there was room to keep it."""
        if self._link is None:
            return False
        try:
            data = self._link.receive()
        except OSError as error:
            self._lose(Trouble.RESET, error)
            return False
        if data == b"":
            self._end = End.FIN
        elif data:
            self._waiting += data
            if len(self._waiting) > self._client.limits.head_bytes:
                self.trouble, self.detail = Trouble.TOO_LARGE, "the peer sent without being asked"
                self.close()
        return self._end is End.OPEN and self._link is not None

    def _lose(self, trouble: Trouble, error: OSError) -> None:
        self._end = End.RST
        self.trouble, self.detail = trouble, self._client.mask.mask_text(error.strerror or str(error))


def _tls(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
