"""A server as SGLang's: the two routes by its own means, and nothing of the standards: `python plain.py PORT`."""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.get("/ping")
async def ping() -> Response:
    """Say that it runs."""
    return Response(status_code=200)


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    """Give the body back."""
    return Response(await request.body(), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(sys.argv[1]))
