"""Which engine is chosen, and what is said of settings that it cannot honour."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.serving import PATIENCE, Server

from seatrial.reference_server import backends
from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm import engines
from seatrial.reference_server.backends.llm.engine import AdapterError
from seatrial.reference_server.backends.llm.model import LanguageModel
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.settings import Settings

ENDS = frozenset({0})


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make engines look installed, and a GPU look there; what they would compute is not asked here."""

    def pretend(*names: str, gpu: bool = False) -> None:
        modules = {engines.NEEDS[name] for name in names}
        monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: name in modules)
        monkeypatch.setattr(engines, "_sees_gpu", lambda: gpu)

    return pretend


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A model that the light engine cannot compute."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gemma3"}))
    return tmp_path


@pytest.mark.parametrize(
    ("names", "gpu", "sample", "other"),
    [
        ((), False, "light", "light"),
        (("transformers",), False, "light", "transformers"),
        (("vllm",), False, "light", "vllm"),
        (("transformers", "vllm"), False, "light", "transformers"),
        (("transformers",), True, "light", "transformers"),
        (("transformers", "vllm"), True, "light", "vllm"),
    ],
)
def test_the_engine_goes_by_the_model_the_gpu_and_what_is_installed(
    installed: Callable[..., None], foreign: Path, names: tuple[str, ...], gpu: bool, sample: str, other: str
):
    installed(*names, gpu=gpu)
    assert engines.chosen(SAMPLE_FOLDER, Settings()) == sample
    assert engines.chosen(foreign, Settings()) == other
    assert engines.chosen(foreign, Settings(engine="vllm")) == "vllm"


def test_a_llama_goes_to_the_gpu_where_there_is_one_unless_the_processor_is_asked_for(
    installed: Callable[..., None], tmp_path: Path
):
    (tmp_path / "config.json").write_bytes((SAMPLE_FOLDER / "config.json").read_bytes())
    installed("vllm", gpu=True)
    assert engines.chosen(tmp_path, Settings()) == "vllm"
    assert engines.chosen(tmp_path, Settings(device="cpu")) == "light"


def test_what_an_engine_cannot_honour_is_named_with_its_value():
    settings = Settings(
        device="cuda", dtype="float16", tensor_parallel_degree=2, token_interval=5, engine_arguments=(("seed", "3"),)
    )
    told = ["device cuda", "dtype float16", "tensor_parallel_degree 2", "engine_arguments seed=3"]
    assert engines.unmet("light", settings) == told
    assert engines.unmet("transformers", settings) == told[2:]
    assert engines.unmet("vllm", settings) == ["token_interval 5"]
    assert engines.unmet("light", Settings(device="cpu", dtype="float32")) == []


@pytest.mark.parametrize("name", ["transformers", "vllm"])
def test_an_engine_that_is_not_installed_is_one_sentence_that_names_the_extra(
    start_cold: Callable[..., Server], name: str
):
    server = start_cold("--model", "sample-llm", "--engine", name)
    assert server.process.wait(PATIENCE) == 1
    assert f"cannot serve: the {name} engine needs the extra `{name}`" in server.log
    assert f"pip install 'seatrial[{name}]'" in server.log
    assert "Traceback" not in server.log


def test_what_is_not_honoured_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    settings = Settings(engine="light", tensor_parallel_degree=4, max_lora_rank=9)
    with caplog.at_level(logging.WARNING, "seatrial"):
        engines.create(SAMPLE_FOLDER, ENDS, settings)
    said = [record.getMessage() for record in caplog.records if "honour" in record.getMessage()]
    assert said == ["the light engine does not honour tensor_parallel_degree 4, max_lora_rank 9"]


def test_a_context_is_lowered_and_never_raised():
    lowered = engines.create(SAMPLE_FOLDER, ENDS, Settings(engine="light", max_model_len=100))
    assert lowered.facts.context == 100
    with pytest.raises(ModelLoadError, match="max_model_len is 5000, but the model reads 2048 tokens at most"):
        engines.create(SAMPLE_FOLDER, ENDS, Settings(engine="light", max_model_len=5000))


def test_adapters_that_are_switched_off_are_neither_loaded_nor_taken(
    create_model: Callable[[Settings], LanguageModel],
):
    settings = Settings(engine="light")
    assert create_model(settings).names() == ("sample-llm", "alpha", "beta")
    model = create_model(replace(settings, enable_lora=False))
    assert model.names() == ("sample-llm",)
    with pytest.raises(AdapterError, match="adapters are switched off"):
        model.engine.load_adapter("alpha", SAMPLE_FOLDER / "adapters" / "alpha")


@pytest.fixture
def create_model() -> Callable[[Settings], LanguageModel]:
    def create(settings: Settings) -> LanguageModel:
        model = backends.find(replace(settings, model="sample-llm"))
        assert isinstance(model, LanguageModel)
        model.load()
        return model

    return create
