"""A FastAPI engine with a customer's script under uvicorn: what only a real connection can show."""

import http.client
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import httpx
import pytest
from support.ports import free_port
from support.waiting import wait_until

ENGINE = """
import sys
from seatrial.reference_server.standards import alias
alias.install()
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
import model_hosting_container_standards.sagemaker as sagemaker

router = APIRouter()

@router.get("/ping")
async def ping():
    return Response()

@router.post("/invocations")
async def invocations(request: Request):
    return Response(await request.body())

app = FastAPI()
app.include_router(router)
sagemaker.bootstrap(app)
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""
SCRIPT = """
import asyncio, threading
import model_hosting_container_standards.sagemaker as sagemaker
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware, output_formatter

left = asyncio.Event()
go_on = asyncio.Event()
blocked = threading.Event()

@custom_middleware("throttle")
async def throttle(request, call_next):
    if request.headers.get("x-refuse"):
        return Response("later", 429)
    return await call_next(request)

@output_formatter
async def post(response):
    response.headers["x-post"] = "1"

@sagemaker.custom_ping_handler
async def ping(request: Request):
    match request.headers.get("x-do"):
        case "go-on":
            go_on.set()
        case "unblock":
            blocked.set()
        case "has-left":
            await asyncio.wait_for(left.wait(), 30)
    return Response()

async def pieces(count):
    left.clear()
    try:
        for number in range(count):
            yield f"{number};"
            await asyncio.wait_for(go_on.wait(), 30)
            go_on.clear()
    finally:
        left.set()

@sagemaker.custom_invocation_handler
def invocations(request: Request):
    if request.headers.get("x-block"):
        return blocked.wait(30)
    return StreamingResponse(pieces(3))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "engine.py").write_text(textwrap.dedent(ENGINE))
    (folder / "model.py").write_text(textwrap.dedent(SCRIPT))
    port = free_port()
    command = [sys.executable, str(folder / "engine.py"), str(port)]
    with subprocess.Popen(command, env={"PATH": "", "SAGEMAKER_MODEL_PATH": str(folder)}) as process:
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "the engine's first answer")
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ping").status_code == 200
    except httpx.TransportError:
        return False


def do(address: str, what: str) -> int:
    return httpx.get(f"http://{address}/ping", headers={"X-Do": what}, timeout=60).status_code


def test_each_piece_of_a_stream_arrives_before_the_next_is_asked_for(address: str):
    with httpx.stream("POST", f"http://{address}/invocations", timeout=60) as response:
        assert response.headers["x-post"] == "1"
        arriving = response.iter_text()
        for number in range(3):
            assert next(arriving) == f"{number};"
            do(address, "go-on")


def test_a_client_that_leaves_ends_the_stream_of_the_handler(address: str):
    with httpx.stream("POST", f"http://{address}/invocations", timeout=60) as response:
        assert next(response.iter_text()) == "0;"
    assert do(address, "has-left") == 200


def test_a_refusal_leaves_the_connection_usable(address: str):
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("POST", "/invocations", b"x" * 100_000, {"X-Refuse": "1"})
    refused = connection.getresponse()
    assert (refused.status, refused.read()) == (429, b"later")
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200


def test_a_plain_function_that_blocks_does_not_hold_up_the_health_check(address: str):
    statuses: list[int] = []
    call = threading.Thread(
        target=lambda: statuses.append(
            httpx.post(f"http://{address}/invocations", headers={"X-Block": "1"}, timeout=60).status_code
        )
    )
    call.start()
    assert do(address, "unblock") == 200
    call.join()
    assert statuses == [200]
