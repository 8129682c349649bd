"""A customer's model.py in the model directory itself, found without a variable."""

import os
import sys

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.sagemaker import custom_ping_handler

NONCE = os.environ.get("SEATRIAL_NONCE", "")
print(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


@custom_ping_handler
async def ping(request: Request) -> Response:
    """Answer the health check."""
    del request
    return Response("discovered", headers={"X-Seatrial-File": "discovered"})
