"""A small engine on model-hosting-container-standards, integrated as vLLM does it: `python engine.py PORT`.

Its routes come from a router that is included, `bootstrap` comes last. It serves an echo.
"""

import json
import sys

import model_hosting_container_standards.sagemaker as standards
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response

router = APIRouter()


@router.get("/ping")
@router.post("/ping")
@standards.register_ping_handler
async def ping() -> Response:
    """Say that it runs."""
    return Response(status_code=200)


@router.post("/invocations")
@standards.register_invocation_handler
@standards.stateful_session_manager()
@standards.inject_adapter_id("model")
async def invocations(request: Request) -> Response:
    """Give the body back."""
    body = (await request.body()).decode("latin-1")
    return Response(json.dumps({"engine": True, "body": body}), media_type="application/json")


app = FastAPI()
app.include_router(router)
standards.bootstrap(app)

if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(sys.argv[1]))
