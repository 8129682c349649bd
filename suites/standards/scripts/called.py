"""A customer's script that writes the decorator with parentheses, which the documents do not."""

from fastapi import Response
from model_hosting_container_standards.sagemaker import custom_ping_handler


@custom_ping_handler()
async def ping() -> Response:
    """A handler that is never mounted where the decorator refuses to be called."""
    return Response(headers={"X-Seatrial-Handler": "called"})
