"""The probe finds a request that a server takes, or says what stands in the way; against real servers on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from support.serving import Server

from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.engine.once import Once, send_once
from seatrial.loadgen.mistakes import TargetUnreachable, UsageError
from seatrial.loadgen.probe import Reply, find_model, probe, reply_of
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target
from seatrial.reference_server.samples import train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seatrial.loadgen.payload import Payloads

    Answering = Callable[["Asked"], tuple[int, str, bytes]]
    Serve = Callable[..., str]


class Prober:
    """Sends as the command does: the traffic of the target, one request over the engine."""

    def __init__(self, url: str, *, timeout_s: float = 5.0, insecure: bool = False) -> None:
        self.url, self.timeout_s, self.insecure = url, timeout_s, insecure
        self.sent = 0

    def once(self, body: bytes, media: str, *, path: str | None = None, method: str = "POST") -> Once:
        target = parse_target(self.url, path=path, insecure=self.insecure)
        traffic = build_traffic(target, (body,), (media,), method=method, keeps=True)
        return send_once(traffic, faults_of_statuses(), timeout_s=self.timeout_s)

    def send(self, body: bytes, media: str) -> Reply:
        self.sent += 1
        return reply_of(self.once(body, media), self.url)

    def model(self) -> str | None:
        return find_model(self.once(b"", "", path="/v1/models", method="GET"))

    def probe(self, **options: Any) -> Payloads:
        return probe(self.send, target=self.url, ask_model=self.model, **options)


# ------------------------------------------------------------------------------------------------ the reference server


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts the project's own server, and ends it afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> str:
        log = tmp_path_factory.mktemp("server") / "log"
        command = [sys.executable, "-m", "seatrial.reference_server", "serve", "--port", "0", "--host", "127.0.0.1"]
        with log.open("wb") as sink:
            started.append(
                subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,
                )
            )
        return Server(started[-1], log).ready().url

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def test_the_echo_of_the_reference_server_takes_the_first_shape(reference: Callable[..., str]):
    payloads = Prober(reference("--model", "echo")).probe()
    assert json.loads(payloads.bodies[0]) == {"instances": [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]]}
    assert payloads.media == ("application/json",)
    assert payloads.title == "1 row of 8 numbers as JSON instances (probed), 49 bytes of application/json"
    assert not payloads.streams


def test_a_trained_model_of_the_reference_server_takes_its_eight_features(
    reference: Callable[..., str], tmp_path: Path
):
    train.train(tmp_path, backend="xgboost", suffix="ubj", seed=20)
    payloads = Prober(reference("--model-dir", str(tmp_path))).probe()
    assert len(json.loads(payloads.bodies[0])["instances"][0]) == 8


# --------------------------------------------------------------------------------------- servers that take one thing


class Asked:
    """A request as a server sees it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.path, self.method = handler.path, handler.command
        self.media = handler.headers.get("Content-Type", "")
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body) if self.media == "application/json" else None
        except ValueError:
            return None


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers as a function says: status, media type and body."""
    servers: list[ThreadingHTTPServer] = []

    def start(answering: Answering, context: ssl.SSLContext | None = None) -> str:
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                status, media, body = answering(Asked(self))
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                with contextlib.suppress(ConnectionError):  # a caller that gave up
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        return f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def taking(accepts: Callable[[Asked], bool], media: str = "application/json", body: bytes = b"{}") -> Answering:
    return lambda asked: (
        (200, media, body) if accepts(asked) else (422, "application/json", b'{"error": "wrong shape"}')
    )


def width(rows: Any) -> int:
    return len(rows[0]) if isinstance(rows, list) and rows and isinstance(rows[0], list) else 0


@pytest.mark.parametrize(
    ("accepts", "title"),
    [
        (lambda asked: width((asked.json or {}).get("instances") if isinstance(asked.json, dict) else None) == 13,
         "1 row of 13 numbers as JSON instances"),
        (lambda asked: width(asked.json) == 3, "1 row of 3 numbers as a JSON array"),
        (lambda asked: asked.media == "text/csv" and len(asked.body.split(b",")) == 1, "1 row of 1 number as CSV"),
        (lambda asked: asked.media == "text/csv" and len(asked.body.split(b",")) == 12, "1 row of 12 numbers as CSV"),
        (lambda asked: isinstance(asked.json, dict) and width(asked.json.get("inputs")) == 5,
         "1 row of 5 numbers as JSON inputs"),
        (lambda asked: isinstance(asked.json, dict) and width(asked.json.get("data")) == 2,
         "1 row of 2 numbers as JSON data"),
        (lambda asked: isinstance(asked.json, dict) and isinstance(asked.json.get("inputs"), str),
         "a text as `inputs`"),
        (lambda asked: isinstance(asked.json, dict) and "prompt" in asked.json, "a prompt"),
        (lambda asked: isinstance(asked.json, dict) and "messages" in asked.json, "a chat"),
        (lambda asked: asked.media == "application/octet-stream", "64 bytes of nothing"),
        (lambda asked: asked.json == {}, "an empty JSON object"),
    ],
)  # fmt: skip
def test_the_one_shape_that_a_server_takes_is_found_and_named(
    serve: Serve, accepts: Callable[[Asked], bool], title: str
):
    payloads = Prober(serve(taking(accepts))).probe()
    assert payloads.title.startswith(f"{title} (probed), {len(payloads.bodies[0])} bytes of ")
    assert len(payloads) == 1


def test_a_server_that_wants_its_model_named_is_asked_for_it(serve: Serve):
    asked_for: list[str] = []

    def answering(asked: Asked) -> tuple[int, str, bytes]:
        asked_for.append(f"{asked.method} {asked.path}")
        if asked.path == "/v1/models":
            return (
                200,
                "application/json",
                b'{"object": "list", "data": [{"id": "llama", "object": "model"}, {"id": "b"}]}',
            )
        named = isinstance(asked.json, dict) and "messages" in asked.json and asked.json.get("model") == "llama"
        return (200, "application/json", b"{}") if named else (400, "application/json", b'{"error": "model?"}')

    payloads = Prober(serve(answering) + "/v1/chat/completions").probe()
    assert payloads.title.startswith("a chat for the model llama (probed)")
    assert asked_for.count("GET /v1/models") == 1


def test_a_model_that_the_user_names_is_not_asked_for(serve: Serve):
    paths: list[str] = []

    def answering(asked: Asked) -> tuple[int, str, bytes]:
        paths.append(asked.path)
        good = isinstance(asked.json, dict) and asked.json.get("model") == "mine"
        return (200, "application/json", b"{}") if good else (400, "text/plain", b"no")

    payloads = Prober(serve(answering)).probe(model="mine")
    assert json.loads(payloads.bodies[0])["model"] == "mine"
    assert set(paths) == {"/invocations"}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": []}', b'{"data": [{"name": "x"}]}', b"<html>"])
def test_an_odd_list_of_models_names_none(serve: Serve, body: bytes):
    assert Prober(serve(lambda _: (200, "application/json", body))).model() is None
    assert Prober(serve(lambda _: (404, "application/json", b'{"data": [{"id": "x"}]}'))).model() is None


def test_a_streamed_answer_makes_the_payload_a_stream(serve: Serve):
    def is_prompt(asked: Asked) -> bool:
        return isinstance(asked.json, dict) and "prompt" in asked.json

    url = serve(taking(is_prompt, "Text/Event-Stream; charset=utf-8", b"data: a\n\n"))
    assert Prober(url).probe().streams


def test_where_a_stream_is_asked_for_only_prompts_are_tried_and_each_asks_for_one(serve: Serve):
    bodies: list[Any] = []

    def is_streaming_chat(asked: Asked) -> bool:
        bodies.append(asked.json)
        return isinstance(asked.json, dict) and "messages" in asked.json and asked.json.get("stream") is True

    payloads = Prober(serve(taking(is_streaming_chat))).probe(stream=True)
    assert payloads.streams
    assert all(body["stream"] is True for body in bodies)


# ------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, r"answers no known request shape with 2xx: the last of \d+ was 400 \(.*try again.*\); .* --body FILE\.$"),
        (500, r"the last of \d+ was 500 \(.*try again.*--body FILE"),
        (404, r"is not found, whatever is sent: the last of \d+ was 404 .*mend --path, or .*--body FILE"),
        (401, r"asks for credentials: 401 .*SEATRIAL_API_KEY"),
        (403, r"asks for credentials: 403 "),
        (405, r"does not take the method: 405 .*--path or --method"),
    ],
)  # fmt: skip
def test_a_server_that_takes_nothing_is_told_with_the_option_that_helps(serve: Serve, status: int, message: str):
    asked: list[str] = []

    def answering(request: Asked) -> tuple[int, str, bytes]:
        asked.append(request.method)
        return status, "text/plain", b"try\nagain"

    url = serve(answering)
    with pytest.raises(UsageError, match=message) as told:
        Prober(url).probe()
    assert str(told.value).startswith(f"-e {url}")
    assert "\n" not in str(told.value)
    if status in {401, 403, 405}:
        assert asked == ["POST"]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go of the answers that a server holds back."""
    event = threading.Event()
    yield event
    event.set()


def test_a_first_answer_that_comes_late_is_waited_for_once_more(serve: Serve, release: threading.Event):
    asked: list[int] = []

    def answering(_: Asked) -> tuple[int, str, bytes]:
        asked.append(1)
        if len(asked) == 1:
            release.wait(60)
        return 200, "application/json", b"{}"

    prober = Prober(serve(answering), timeout_s=1.5)
    assert prober.probe().title.startswith("1 row of 8 numbers")
    assert prober.sent == 2


def test_a_server_that_never_answers_is_not_asked_for_ever(serve: Serve, release: threading.Event):
    def answering(_: Asked) -> tuple[int, str, bytes]:
        release.wait(60)
        return 503, "text/plain", b"too late"

    prober = Prober(serve(answering), timeout_s=0.3)
    with pytest.raises(UsageError, match=r"does not answer a known request shape within the time limit; .*--body FILE"):
        prober.probe()
    assert prober.sent == 2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_port_where_nothing_listens_is_unreachable():
    with pytest.raises(TargetUnreachable, match=r"^-e http://127.0.0.1:\d+: nothing listens there; start the server"):
        Prober(f"http://127.0.0.1:{free_port()}").probe()


def test_a_name_that_does_not_resolve_is_unreachable():
    name = ".".join(["a" * 60] * 5)  # longer than a name may be, so no name server is asked
    with pytest.raises(
        TargetUnreachable, match=r"the name does not resolve, or there is no way to the address; .* \(.+\)"
    ):
        Prober(f"http://{name}").probe()


def test_a_server_that_closes_every_connection_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def close_all() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=close_all)
        thread.start()
        try:
            with pytest.raises(TargetUnreachable, match=r"ends every connection without an answer .* http or https"):
                Prober(f"http://127.0.0.1:{listener.getsockname()[1]}").probe()
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_an_answer_that_is_cut_off_is_not_taken_for_a_good_one(serve: Serve):
    class Longer(bytes):
        def __len__(self) -> int:
            return super().__len__() + 1

    with pytest.raises(TargetUnreachable, match=r"ends every connection without an answer \("):
        Prober(serve(lambda _: (200, "application/json", Longer(b"{}")))).probe()


def test_a_router_without_a_worker_is_unreachable(serve: Serve):
    router = serve(lambda _: (200, "application/json", b'{"status": "no worker"}'))
    target = parse_target("group", router=router)
    traffic = build_traffic(target, (b"{}",), ("application/json",), key="k", keeps=True)
    with pytest.raises(TargetUnreachable, match="-e group: the router names no worker for the group; start one"):
        reply_of(send_once(traffic, faults_of_statuses()), "group")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return found


def test_a_certificate_that_does_not_hold_is_told_and_can_be_taken(serve: Serve, context: ssl.SSLContext):
    url = serve(lambda _: (200, "application/json", b"{}"), context)
    with pytest.raises(TargetUnreachable, match=r"no TLS connection; .*--insecure \(self-signed certificate\)"):
        Prober(url).probe()
    assert len(Prober(url, insecure=True).probe()) == 1


def test_a_secret_that_a_server_repeats_is_not_shown(serve: Serve):
    prober = Prober(serve(lambda _: (400, "text/plain", b"your key sesame-1 is wrong")))
    said = reply_of(prober.once(b"{}", "application/json"), prober.url, ("sesame-1",)).said
    assert "your key *** is wrong" in said
