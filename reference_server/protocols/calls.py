"""From an HTTP request to a call of the model server and back, for every path that calls a model."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from seatrial.reference_server.api_errors import ApiError
from seatrial.reference_server.errors import ServingError, UnavailableError, UnsupportedMediaTypeError
from seatrial.reference_server.live import INVOCATION, StreamedResponse
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import Accept, MediaType
from seatrial.reference_server.model import InferenceRequest, InferenceResponse
from seatrial.reference_server.protocols.asgi import CallerLeftError, departure, read_body
from seatrial.reference_server.protocols.routing import Answer, Exchange, answer_of
from seatrial.reference_server.server import ModelServer

CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
LONGEST_ATTRIBUTES = 1024


async def infer(server: ModelServer, exchange: Exchange, form: str = INVOCATION) -> Answer:
    """Give the body to the model, and its answer back, in one piece or in parts.

    Raises:
        CallerLeftError: the caller did not wait for the answer.
        ServingError: the request is refused, or the model failed; in OpenAI's shape where the model speaks it.
    """
    try:
        return await _answered(server, exchange, form)
    except ServingError as error:
        if server.speaks_openai:
            raise ApiError(error) from error
        raise


async def _answered(server: ModelServer, exchange: Exchange, form: str) -> Answer:
    body = await read_body(exchange.headers, exchange.receive, server.settings.max_body)
    request = _inference_request(exchange.headers, body)
    left = asyncio.ensure_future(departure(exchange.receive))
    try:
        response = await server.infer(request, left=left, form=form)
    except ServingError as error:
        gone = left.done() and isinstance(error, UnavailableError)
        left.cancel()
        if gone:
            raise CallerLeftError from error
        raise
    except BaseException:
        left.cancel()
        raise
    answer = answer_of(_checked(response))
    if answer.parts is None:
        left.cancel()
        return answer
    return replace(answer, parts=_watched(answer.parts, left))


async def _watched(parts: AsyncGenerator[bytes, None], left: asyncio.Future[None]) -> AsyncGenerator[bytes, None]:
    """Yield the parts, and watch for the caller's leaving until they end."""
    try:
        async for part in parts:
            yield part
    finally:
        left.cancel()
        await parts.aclose()


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


def _checked(response: InferenceResponse | StreamedResponse) -> InferenceResponse | StreamedResponse:
    """Leave out custom attributes that the platform could not carry (`aws:api-invoke`)."""
    kept = tuple((name, value) for name, value in response.headers if _can_be_sent(name, value))
    if kept == response.headers:
        return response
    log.warning("the model set a header that is too long or not visible ASCII: it was left out")
    return replace(response, headers=kept)


def _can_be_sent(name: str, value: str) -> bool:
    visible = value.isascii() and value.isprintable()
    return visible and (name.lower() != CUSTOM_ATTRIBUTES or len(value) <= LONGEST_ATTRIBUTES)
