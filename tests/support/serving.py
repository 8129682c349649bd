"""A running reference server as a test sees it: its address, its log, its answers, its end."""

import http.client
import re
import signal
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

PATIENCE = 120.0
# Never used: all is plain HTTP. Shared, because httpx would read every certificate anew for each client.
TLS = ssl.create_default_context()


class Process(Protocol):
    """What a cold process and a forked one have in common."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int) -> None: ...


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition, and fail with its name when it does not come."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.01)


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: Process
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    @property
    def port(self) -> int:
        until(lambda: "listening on" in self.log or self.process.poll() is not None, "a line that names the port")
        found = re.search(r"listening on \S+:(\d+)", self.log)
        assert found, self.log
        return int(found[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, **options: object) -> httpx.Response:
        with httpx.Client(base_url=self.url, timeout=PATIENCE, verify=TLS) as client:
            return client.request(method, path, **options)  # type: ignore[arg-type]  # passed on as they came

    def invoke(self, body: bytes, content_type: str | None = "application/json", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            named["content-type"] = content_type
        return self.request("POST", "/invocations", content=body, headers=named)

    def ping(self) -> int:
        """The status of /ping, 0 where the connection is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status
        except ConnectionError:
            return 0
        finally:
            connection.close()

    def calls(self, state: str) -> int:
        """How many calls are `running` or `waiting`, from /metrics."""
        found = re.search(rf"^seatrial_calls_{state} (\d+)$", self.request("GET", "/metrics").text, re.MULTILINE)
        assert found, state
        return int(found[1])

    def ready(self) -> "Server":
        until(lambda: self.ping() == 200 or self.process.poll() is not None, "a ping of 200")
        assert self.process.poll() is None, self.log
        return self

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)
