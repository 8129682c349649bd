"""A router that signs and a worker that verifies, on loopback, as the public vast-ai/pyworker has them.

The router names a worker and signs that it did (RSA, PKCS #1 v1.5 over SHA-256, of the message as JSON indented by
four); the worker checks fields as `lib/data_types.py` does and signature, replay and age as `lib/backend.py` does.
"""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from support.loopback import Handler, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

__all__ = ["Router", "Worker", "routing", "working"]

SIGNED = ("cost", "endpoint", "reqnum", "url")
AUTH_DATA = ("signature", *SIGNED)
HISTORY = 100


@cache
def private_key() -> rsa.RSAPrivateKey:
    """The router's key: one for all tests, as making it takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def message(auth: dict[str, Any]) -> bytes:
    return json.dumps({name: auth[name] for name in SIGNED}, indent=4).encode()


@dataclass
class Router:
    """What the router knows and has seen.

    Attributes:
        groups: key of each group.
        workers: whom it names in turn; none is ready where this is empty.
        raw: answers this instead, where it is set.
        status: of that answer.
        routes: every route call's JSON, with its path.
    """

    groups: dict[str, str]
    workers: list[str] = field(default_factory=list)
    raw: bytes | None = None
    status: int = 200
    routes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def route(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Name a worker."""
        if self.groups.get(asked["endpoint"]) != asked["api_key"]:
            return 401, {"error": "unknown endpoint or key"}
        number = len(self.routes)
        if not self.workers:
            return 200, {"status": "Not ready", "request_idx": number}
        url = self.workers[number % len(self.workers)]
        auth = {"cost": asked["cost"], "endpoint": asked["endpoint"], "reqnum": number, "url": url}
        signature = private_key().sign(message(auth), padding.PKCS1v15(), SHA256())
        return 200, {**auth, "signature": base64.b64encode(signature).decode(), "request_idx": number, "more": [1, {}]}


@dataclass
class Worker:
    """What a worker has seen: each call's path, headers and whole JSON, and the status that it answered."""

    calls: list[tuple[str, dict[str, str], dict[str, Any], int]] = field(default_factory=list)
    url: str = ""
    newest: int = -1
    past: list[bytes] = field(default_factory=list)

    def judge(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Check the fields, then the signature; then echo the payload."""
        errors: dict[str, Any] = {name: "field missing" for name in ("auth_data", "payload") if name not in asked}
        auth = asked.get("auth_data", {})
        if missing := {name: "missing parameter" for name in AUTH_DATA if name not in auth and "auth_data" in asked}:
            errors["auth_data"] = missing
        if errors:
            return 422, errors
        if not self._verified(auth):
            return 401, {}
        self.newest = max(self.newest, auth["reqnum"])
        self.past = [*self.past, message(auth)][-HISTORY:]
        return 200, {"echo": asked["payload"]}

    def _verified(self, auth: dict[str, Any]) -> bool:
        if auth["reqnum"] < self.newest - HISTORY or message(auth) in self.past:
            return False
        try:
            signature = base64.b64decode(auth["signature"])
            private_key().public_key().verify(signature, message(auth), padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


@contextlib.contextmanager
def routing(groups: dict[str, str]) -> Iterator[Router]:
    """Serve a router until the block ends."""
    router = Router(groups)
    with serving(type("Handler", (_RouterHandler,), {"router": router})) as router.url:
        yield router


@contextlib.contextmanager
def working(context: ssl.SSLContext | None = None) -> Iterator[Worker]:
    """Serve a worker until the block ends, over TLS where there is a context."""
    worker = Worker()
    with serving(type("Handler", (_WorkerHandler,), {"worker": worker}), context) as worker.url:
        yield worker


class _RouterHandler(Handler):
    router: ClassVar[Router]

    def post(self) -> None:
        asked = json.loads(self.body())
        self.router.routes.append((self.path, asked))
        if self.router.raw is not None:
            self.answer(self.router.status, self.router.raw)
        else:
            self.answer(*self.router.route(asked))


class _WorkerHandler(Handler):
    worker: ClassVar[Worker]

    def post(self) -> None:
        asked = json.loads(self.body())
        status, said = self.worker.judge(asked)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.worker.calls.append((self.path, headers, asked, status))
        self.answer(status, said)
