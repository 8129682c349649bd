"""Servers whose streams have one trouble each: `streaming_faults.py FAULT PORT`.

proxied     a proxy in front of the model reads each answer to its end before it hands it on
collected   the handler joins its tokens before it yields them
plain       the handler knows no streams
blocking    the tokens are made on the event loop
"""

import asyncio
import http.client
import http.server
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

TOKENS, STEP = 40, 0.02
BLOCKED_TOKENS, BLOCKING = 6, 0.8


def event(number: int) -> bytes:
    return b'data: {"token": "%d"}\n\n' % number


def compute() -> None:
    time.sleep(BLOCKING)


def build(fault: str) -> FastAPI:
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> Response:
        return Response()

    @app.post("/invocations")
    async def invocations(request: Request) -> Response:
        wanted = json.loads(await request.body())
        if not wanted.get("stream") or fault == "plain":
            await asyncio.sleep(TOKENS * STEP)
            return JSONResponse({"tokens": list(range(TOKENS))})
        return StreamingResponse(tokens(fault), media_type="text/event-stream")

    return app


async def tokens(fault: str) -> AsyncIterator[bytes]:
    made = []
    for number in range(BLOCKED_TOKENS if fault == "blocking" else TOKENS):
        if fault == "blocking":
            compute()
        await asyncio.sleep(STEP)
        made.append(event(number))
        if fault != "collected":
            yield made.pop()
    for one in made:
        yield one
        await asyncio.sleep(0)


def proxy(port: int, behind: int) -> None:
    class Buffering(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.pass_on(b"")

        def do_POST(self) -> None:
            self.pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def pass_on(self, body: bytes) -> None:
            inner = http.client.HTTPConnection("127.0.0.1", behind)
            headers = {"Content-Type": self.headers.get("Content-Type", "text/plain")}
            try:
                inner.request(self.command, self.path, body, headers)
                answer = inner.getresponse()
            except OSError:
                self.send_error(502)
                return
            self.send_response(answer.status)
            self.send_header("Via", "1.1 front")
            if media := answer.getheader("Content-Type"):
                self.send_header("Content-Type", media)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in [*parts(answer.read()), b""]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http.server.ThreadingHTTPServer(("0.0.0.0", port), Buffering).serve_forever()


def parts(body: bytes, size: int = 512) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def main(fault: str, port: int) -> None:
    if fault != "proxied":
        uvicorn.run(build(fault), host="0.0.0.0", port=port, log_level="warning")
        return
    config = uvicorn.Config(build(fault), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    proxy(port, server.servers[0].sockets[0].getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
