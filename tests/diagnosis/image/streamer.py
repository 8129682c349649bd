"""A small FastAPI server with bidirectional streams, and one of four faults where its first argument names it.

    python streamer.py none|no-library|elsewhere|text-only|blocking PORT

It counts up to the number in each message, a message a number, slowly where the number is large.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

fault, port = sys.argv[1], int(sys.argv[2])
if fault == "no-library":
    sys.modules["websockets"] = sys.modules["wsproto"] = None  # as if neither were installed

import uvicorn  # noqa: E402 - after what it must not find
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect  # noqa: E402 - the same

PATH = "/ws" if fault == "elsewhere" else "/invocations-bidirectional-stream"
STEP = 0.05
app = FastAPI()


@app.get("/ping")
def ping() -> Response:
    return Response()


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")


@app.websocket(PATH)
async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await answer(websocket, await read(websocket))
    except WebSocketDisconnect:
        return
    except ValueError as error:
        await websocket.close(1007, str(error)[:100])


async def read(websocket: WebSocket) -> str:
    if fault == "text-only":
        return await websocket.receive_text()
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    return message["text"] if message.get("text") is not None else message["bytes"].decode()


async def answer(websocket: WebSocket, message: str) -> None:
    count = int(json.loads(message)["count"])
    if fault == "blocking":
        time.sleep(STEP * count)  # noqa: ASYNC251 - that is the fault
    for number in range(1, count + 1):
        await websocket.send_text(json.dumps({"number": number, "of": count}))
        if fault != "blocking":
            await asyncio.sleep(STEP if count > 10 else 0)


uvicorn.run(app, host="0.0.0.0", port=port, log_level="info", ws="auto")
