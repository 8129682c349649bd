"""A regression model behind FastAPI, its two routes registered with model-hosting-container-standards.

Written as somebody would who has read that package's own documentation: the handlers are registered through its
decorators, the routes are declared beside them (the decorators alone mount none), `bootstrap` comes last. The model
predicts in worker threads, so that the event loop stays free for /ping, and in no more of them than there are
processors: more would only fight for the interpreter's lock, and /ping with them.
"""

import asyncio
import csv
import io
import json
import os
from pathlib import Path

import joblib
import model_hosting_container_standards.sagemaker as standards
import numpy as np
from fastapi import FastAPI, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

COLUMNS = 8

model = joblib.load(Path(os.environ.get("SAGEMAKER_MODEL_PATH", "/opt/ml/model"), "model.joblib"))
app = FastAPI()
slots = asyncio.Semaphore(os.cpu_count() or 1)


@app.get("/ping")
@app.post("/ping")
@standards.register_ping_handler
async def ping() -> Response:
    """Say that the model is loaded: the server does not start without it."""
    return Response(status_code=200)


@app.post("/invocations")
@standards.register_invocation_handler
async def invocations(request: Request) -> Response:
    """Predict one number a row."""
    body = await request.body()
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    async with slots:
        answer = await run_in_threadpool(predict, body, media_type)
    return Response(json.dumps({"predictions": answer}), media_type="application/json")


def predict(body: bytes, media_type: str) -> list[float]:
    """Read the rows and predict.

    Raises:
        HTTPException: 415 for another media type, 400 for a body that holds no table of eight columns.
    """
    readers = {"application/json": from_json, "text/csv": from_csv}
    if media_type not in readers:
        raise HTTPException(415, f"expected one of {', '.join(readers)}")
    try:
        rows = np.asarray(readers[media_type](body), dtype=np.float64)
    except (ValueError, TypeError, LookupError) as error:
        raise HTTPException(400, f"the body could not be read: {error}"[:500]) from error
    if rows.ndim != 2 or rows.shape[1] != COLUMNS or not np.isfinite(rows).all():
        raise HTTPException(400, f"expected rows of {COLUMNS} finite numbers")
    return model.predict(rows).tolist()


def from_json(body: bytes) -> list[list[float]]:
    """Rows of a JSON object's `instances`."""
    return json.loads(body)["instances"]


def from_csv(body: bytes) -> list[list[str]]:
    """Rows of a CSV file without a header."""
    return list(csv.reader(io.StringIO(body.decode())))


standards.bootstrap(app)
