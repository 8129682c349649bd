"""A customer's script with plain functions: a typed body, and a call that sleeps as long as it is told."""

import os
import sys
import time
from typing import Any

import fastapi
import starlette
from fastapi import Response
from model_hosting_container_standards.sagemaker import custom_invocation_handler, custom_ping_handler
from pydantic import BaseModel

print(
    f"seatrial-trial {os.environ.get('SEATRIAL_NONCE', '')} fastapi={fastapi.__version__}"
    f" starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


class Order(BaseModel):
    """What a call must send."""

    seconds: float
    text: str


@custom_ping_handler
def ping() -> Response:
    """A plain function without an argument."""
    return Response(headers={"X-Seatrial-Handler": "plain"})


@custom_invocation_handler
def invoke(order: Order) -> dict[str, Any]:
    """Hold the thread for a while."""
    time.sleep(order.seconds)
    return {"seatrial": order.text}
