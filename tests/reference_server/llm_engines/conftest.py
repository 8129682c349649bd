"""One engine after another over the same interface: the light one by default, another by SEATRIAL_TEST_ENGINE.

The others come with torch, each in an environment of its own: `make test-engines` runs these tests there.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm import engines
from seatrial.reference_server.backends.llm.engine import Engine
from seatrial.reference_server.backends.llm.light import LightEngine
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.settings import Settings

CHOSEN = os.environ.get("SEATRIAL_TEST_ENGINE", engines.LIGHT)
SETTINGS = Settings(engine=CHOSEN, slots=4, queue_limit=4, max_model_len=1024, dtype="float32")
ADAPTERS = ("alpha", "beta")
# What vLLM needs on a processor, and where no hub can be reached.
VLLM = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "SM_VLLM_ENFORCE_EAGER": "true",
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(scope="session", autouse=True)
def surroundings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in VLLM.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def engine_name() -> str:
    return CHOSEN


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary(SAMPLE_FOLDER)


@pytest.fixture(scope="session")
def start_engine(vocabulary: Vocabulary) -> Iterator[Callable[[], Engine]]:
    """Start an engine with both adapters."""
    started = []

    def start() -> Engine:
        arguments = (("enforce_eager", "true"),) if CHOSEN == engines.VLLM else ()
        settings = Settings(**{**vars(SETTINGS), "engine_arguments": arguments})
        engine = engines.create(SAMPLE_FOLDER, vocabulary.end_tokens, settings)
        started.append(engine)
        return ready(engine)

    yield start
    for engine in started:
        engine.stop()


@pytest.fixture(scope="session")
def engine(start_engine: Callable[[], Engine]) -> Engine:
    """One engine for every test that leaves it as it was."""
    return start_engine()


@pytest.fixture(scope="session")
def light(vocabulary: Vocabulary) -> Iterator[Engine]:
    """The light engine, to compare with."""
    engine = ready(LightEngine(SAMPLE_FOLDER, vocabulary.end_tokens, engines.limits(SETTINGS)))
    yield engine
    engine.stop()


def ready(engine: Engine) -> Engine:
    engine.load()
    for name in ADAPTERS:
        engine.load_adapter(name, SAMPLE_FOLDER / "adapters" / name)
    engine.start()
    return engine
