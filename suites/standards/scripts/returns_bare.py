"""A customer's script whose handler does not say that its parameter is a `Request`, as some published examples do."""

import os
import sys
from typing import Any

import fastapi
import starlette
from fastapi import Response
from model_hosting_container_standards.sagemaker import custom_invocation_handler

print(
    f"seatrial-trial {os.environ.get('SEATRIAL_NONCE', '')} fastapi={fastapi.__version__}"
    f" starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


@custom_invocation_handler
async def invoke(request) -> Any:  # type: ignore[no-untyped-def]  # noqa: ANN001  # the missing annotation is the point
    """Give back what came."""
    return Response(await request.body(), headers={"X-Seatrial-Handler": "bare"})
