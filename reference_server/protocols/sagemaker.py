"""The two routes of the hosting contract: `/ping` and `/invocations` (`aws:hosting`), and a small `/metrics`.

Host, User-Agent and unknown headers are ignored; nothing redirects and nothing asks for credentials.
"""

import asyncio

from seatrial.reference_server.errors import UnavailableError, UnsupportedMediaTypeError
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import Accept, MediaType
from seatrial.reference_server.model import InferenceRequest, InferenceResponse
from seatrial.reference_server.protocols.asgi import App, CallerLeftError, departure, read_body
from seatrial.reference_server.protocols.routing import Answer, Exchange, Router, answer_of
from seatrial.reference_server.server import ModelServer

CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
LONGEST_ATTRIBUTES = 1024


def application(server: ModelServer) -> App:
    """Return the ASGI application that serves a model server to the platform."""
    routes = SageMakerRoutes(server)
    table = {
        "/ping": dict.fromkeys(("GET", "HEAD", "POST"), routes.ping),
        "/invocations": {"POST": routes.invocations},
        "/metrics": dict.fromkeys(("GET", "HEAD"), routes.metrics),
    }
    return Router(table, answers=server.answers, quiet=frozenset({"/ping"}), stopping=lambda: server.stopping)


class SageMakerRoutes:
    """The handlers, over one model server."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server

    async def ping(self, exchange: Exchange) -> Answer:
        """Say whether the model answers: 200 with an empty body, or 503 with the reason."""
        del exchange
        if self._server.ready:
            return Answer()
        raise UnavailableError("the model is loading, does not answer its own sample, or is about to stop")

    async def invocations(self, exchange: Exchange) -> Answer:
        """Give the body to the model, and its answer back."""
        body = await read_body(exchange.headers, exchange.receive, self._server.settings.max_body)
        request = _inference_request(exchange.headers, body)
        left = asyncio.ensure_future(departure(exchange.receive))
        try:
            response = await self._server.infer(request, left=left)
        except UnavailableError as error:
            if left.done():
                raise CallerLeftError from error
            raise
        finally:
            left.cancel()
        return answer_of(_checked(response))

    async def metrics(self, exchange: Exchange) -> Answer:
        """Give a few numbers in Prometheus' text format: the platform scrapes them unasked (`aws:observability`)."""
        del exchange
        lines = ["# TYPE seatrial_ready gauge", f"seatrial_ready {int(self._server.ready)}"]
        pool = self._server.pool
        lines += ["# TYPE seatrial_calls_running gauge", f"seatrial_calls_running {pool.running}"]
        lines += ["# TYPE seatrial_calls_waiting gauge", f"seatrial_calls_waiting {pool.waiting}"]
        lines += ["# TYPE seatrial_answers_total counter"]
        answers = sorted(self._server.answers.items())
        lines += [f'seatrial_answers_total{{status="{status}"}} {count}' for status, count in answers]
        text = "\n".join(lines) + "\n"
        return Answer(200, text.encode(), (("content-type", "text/plain; version=0.0.4; charset=utf-8"),))


def _inference_request(headers: dict[str, str], body: bytes) -> InferenceRequest:
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", ""}:
        raise UnsupportedMediaTypeError(f"Content-Encoding is {encoding[:40]!r}, expected none: send the body plain")
    stated = headers.get("content-type")
    try:
        content_type = MediaType.parse(stated) if stated else None
    except ValueError as error:
        raise UnsupportedMediaTypeError(f"Content-Type {error}") from error
    return InferenceRequest(body, content_type, Accept.parse(headers.get("accept", "")), headers)


def _checked(response: InferenceResponse) -> InferenceResponse:
    """Leave out custom attributes that the platform could not carry (`aws:api-invoke`)."""
    kept = tuple((name, value) for name, value in response.headers if _can_be_sent(name, value))
    if kept == response.headers:
        return response
    log.warning("the model set a header that is too long or not visible ASCII: it was left out")
    return InferenceResponse(response.body, response.content_type, kept)


def _can_be_sent(name: str, value: str) -> bool:
    visible = value.isascii() and value.isprintable()
    return visible and (name.lower() != CUSTOM_ATTRIBUTES or len(value) <= LONGEST_ATTRIBUTES)
