"""A server as SGLang's: the two routes by its own means, and nothing of the standards: `python plain.py PORT`."""

import asyncio
import json
import sys

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

JSON, LONGEST = "application/json", 30

app = FastAPI()


@app.get("/ping")
async def ping() -> Response:
    """Say that it runs."""
    return Response(status_code=200)


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    """Give the body back, after as many seconds as it asks for."""
    if request.headers.get("content-type", JSON).partition(";")[0].strip().lower() != JSON:
        raise HTTPException(415, f"expected {JSON}")
    try:
        body = json.loads(await request.body())
        await asyncio.sleep(min(body.get("sleep", 0), LONGEST))
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise HTTPException(400, f"expected a JSON object: {error}") from error
    return Response(json.dumps(body), media_type=JSON)


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(sys.argv[1]))
