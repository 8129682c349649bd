"""A small engine on model-hosting-container-standards, integrated as vLLM does it: `python engine.py PORT MODEL_DIR`.

Its routes come from a router that is included, `bootstrap` comes last. It serves an echo; its model is what it adds.
"""

import asyncio
import json
import sys
from pathlib import Path

import model_hosting_container_standards.sagemaker as standards
import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

JSON, LONGEST = "application/json", 30
model = json.loads(Path(sys.argv[2], "model.json").read_text())

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
    """Give the body back, after as many seconds as it asks for."""
    if request.headers.get("content-type", JSON).partition(";")[0].strip().lower() != JSON:
        raise HTTPException(415, f"expected {JSON}")
    body = await request.json()
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is no JSON object")
    seconds = body.get("sleep", 0)
    await asyncio.sleep(seconds if isinstance(seconds, int | float) and 0 < seconds < LONGEST else 0)
    return Response(json.dumps({**model, "body": body}), media_type=JSON)


app = FastAPI()
app.include_router(router)
standards.bootstrap(app)

if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(sys.argv[1]))
