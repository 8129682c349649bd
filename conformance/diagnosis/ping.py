"""Causes around `/ping` of a server that is up: what answers there, to whom, and in which words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.autopsy import AS_PLATFORM, LOCAL_HOST, POST
from seatrial.conformance.diagnosis.case import cut
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.diagnosis.traces import exception
from seatrial.conformance.wire.exchange import Trouble

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case
    from seatrial.conformance.wire.exchange import Exchange

__all__ = ["BROKEN_ANSWERS", "RULES"]

DENIED = {401, 403, 407}
LOADING = 503
TLS_ALERT = re.compile(r"\\x15\\x03|\\x16\\x03")
BROKEN_ANSWERS = {
    Trouble.GARBAGE: "what comes back is not HTTP/1.1",
    Trouble.TOO_LARGE: "the answer has no sane end",
    Trouble.CLOSED_EARLY: "the connection closes before the answer is complete",
    Trouble.NO_ANSWER: "the connection closes without an answer",
    Trouble.RESET: "the connection is reset",
}


def _answered(case: Case) -> Exchange | None:
    """The ping as the platform sends it, after a failed start, where a whole answer came."""
    tried = case.tried(AS_PLATFORM)
    return tried if tried is not None and tried.answer is not None and tried.trouble is None else None


def host_check(case: Case) -> Cause | None:
    """A trusted-host check refuses the platform's Host header."""
    first, local = _answered(case), case.tried(LOCAL_HOST)
    if first is None or first.status == 200 or local is None or local.status != 200:
        return None
    return Cause(
        "host-check",
        f"the server refuses the platform's Host header with {first.status}",
        f"GET /ping gives {first.status} with `Host: {first.request.header('Host')}` and 200 with `{LOCAL_HOST}`",
        "allow every host (Django ALLOWED_HOSTS = ['*'], Starlette TrustedHostMiddleware, nginx server_name _)",
        case.broken_by_boot,
    )


def redirect(case: Case) -> Cause | None:
    """`/ping` redirects."""
    first = _answered(case)
    if first is None or first.answer is None or not 300 <= first.answer.status < 400:
        return None
    target = cut(first.answer.header("Location") or "nowhere", 120)
    return Cause(
        "ping-redirects",
        f"GET /ping redirects to {target}, and the platform follows no redirect",
        f"GET /ping: {first.answer.status}, Location: {target}",
        "answer on /ping itself (no redirect from http to https; FastAPI: redirect_slashes=False, or register both)",
        case.broken_by_boot,
    )


def auth(case: Case) -> Cause | None:
    """`/ping` asks for credentials."""
    first = _answered(case)
    if first is None or first.answer is None or first.status not in DENIED:
        return None
    asked = first.answer.header("WWW-Authenticate")
    return Cause(
        "ping-needs-credentials",
        "the server asks for credentials on /ping, and the platform sends none",
        f"GET /ping: {first.status}" + (f", WWW-Authenticate: {cut(asked, 80)}" if asked else ""),
        "leave /ping and /invocations outside authentication: the platform has authenticated the caller already",
        case.broken_by_boot,
    )


def route(case: Case) -> Cause | None:
    """A server answers, but `/ping` is no working route for GET."""
    first, post = _answered(case), case.tried(POST)
    if first is None or first.status in {200, LOADING} or (first.status or 0) >= 500:
        return None
    by_post = post is not None and post.status == 200
    proof = f"GET /ping: {first.summary}" + (f"; POST /ping: {post.status}" if post and post.status else "")
    if by_post or first.status == 405:
        return Cause(
            "ping-wrong-method",
            f"the route /ping does not take GET: it answers {first.status}",
            proof,
            "register /ping for GET (Flask: methods=['GET'], FastAPI: @app.get)",
            case.broken_by_boot,
        )
    if first.status == 404:
        return Cause(
            "ping-route-missing",
            "the server is up, but has no route /ping: it answers 404",
            proof,
            "register GET /ping at the root of the server of /invocations: no prefix, no other port",
            case.broken_by_boot,
        )
    return Cause(
        "ping-status",
        f"GET /ping answers {first.status}, and only 200 means healthy",
        proof,
        "answer 200 on /ping once the model can predict",
        case.broken_by_boot,
    )


def error(case: Case) -> Cause | None:
    """The handler of `/ping` fails."""
    first = _answered(case)
    if first is None or (first.status or 0) < 500 or first.status == LOADING:
        return None
    thrown = exception(case.log)
    why = f": {cut(thrown.words)}" if thrown else ""
    where = f" at {thrown.where}" if thrown and thrown.where else ""
    return Cause(
        "ping-fails",
        f"the handler of /ping fails with {first.status}{where}{why}",
        f"GET /ping: {first.summary}; {case.last_words}",
        (thrown.cure if thrown else "")
        or "mend the handler; answer 503 while loading and 200 once the model can predict",
        case.broken_by_boot,
    )


def no_http(case: Case) -> Cause | None:
    """What comes back is no complete HTTP answer."""
    last = case.failed_boot.last if case.failed_boot else None
    words = BROKEN_ANSWERS.get(last.trouble) if last is not None and last.trouble is not None else None
    if last is None or words is None:
        return None
    if last.trouble is Trouble.GARBAGE and TLS_ALERT.search(last.detail):
        return Cause(
            "speaks-tls",
            "the server speaks TLS on the port, and the platform calls in plain text",
            f"GET /ping: {last.summary}: a TLS record",
            "serve plain HTTP on 8080: the platform ends TLS in front of the container",
            case.broken_by_boot,
        )
    return Cause(
        "ping-answer-broken",
        f"something answers GET /ping, but {words}",
        f"GET /ping: {last.summary}",
        "answer with HTTP/1.1, a status line, Content-Length and an empty body",
        case.broken_by_boot,
    )


RULES = (host_check, redirect, auth, route, error, no_http)
