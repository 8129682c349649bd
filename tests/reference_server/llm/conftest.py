"""The sample language model: in this process, and behind HTTP as `serve --model sample-llm` gives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from support.serving import PATIENCE, Server
from threadpoolctl import threadpool_limits

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm.engine import EngineLimits
from seatrial.reference_server.backends.llm.light import LightEngine
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary

ADAPTERS = ("alpha", "beta")


@pytest.fixture(scope="session", autouse=True)
def one_thread_for_a_product() -> Iterator[None]:
    """As in the server, which sets it before anything is imported: small products only lose by threads."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary(SAMPLE_FOLDER)


@pytest.fixture
def start_engine(vocabulary: Vocabulary) -> Iterator[Callable[..., LightEngine]]:
    """Start an engine with both adapters."""
    started = []

    def start(*, slots: int = 4, queue_limit: int = 64, interval: float = 0.0) -> LightEngine:
        engine = LightEngine(SAMPLE_FOLDER, vocabulary.end_tokens, EngineLimits(slots, queue_limit, interval))
        engine.load()
        for name in ADAPTERS:
            engine.load_adapter(name, SAMPLE_FOLDER / "adapters" / name)
        engine.start()
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.stop()


@pytest.fixture(scope="session")
def start_llm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start a server of the sample model, as a user does."""
    started: list[subprocess.Popen[bytes]] = []
    folder = tmp_path_factory.mktemp("llm")

    def start(*arguments: str, **env: str) -> Server:
        log = folder / f"server-{len(started)}.log"
        command = (sys.executable, "-m", "seatrial.reference_server", "serve", "--model", "sample-llm", "--port", "0")
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, **env},
                start_new_session=True,
            )
        started.append(process)
        return Server(process, log).ready()

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


@pytest.fixture(scope="session")
def llm(start_llm: Callable[..., Server]) -> Server:
    """One server for every test that leaves it as it was."""
    return start_llm()


@pytest.fixture(scope="session")
def slow_llm(start_llm: Callable[..., Server]) -> Server:
    """A server with two slots, a queue of one, and a token each 50 ms."""
    return start_llm("--slots", "2", "--queue-limit", "1", "--token-interval", "50")
