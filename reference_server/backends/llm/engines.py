"""Which engine computes a model: the one that is asked for, else what is installed and fits.

An engine is imported only when it is chosen: torch takes seconds, and most installations have none.
"""

import importlib
import importlib.util
from pathlib import Path

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.backends.llm.engine import Engine, EngineLimits
from seatrial.reference_server.backends.llm.light import LightEngine
from seatrial.reference_server.backends.llm.light import config as light_config
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.logs import log
from seatrial.reference_server.settings import Settings

LIGHT, TRANSFORMERS, VLLM = "light", "transformers", "vllm"
# The module that tells whether the engine is installed.
NEEDS = {TRANSFORMERS: "peft", VLLM: "vllm"}
# Settings that not every engine can honour, and which of their values each engine does: None for all.
FIELDS = (
    "device",
    "dtype",
    "tensor_parallel_degree",
    "max_loras",
    "max_lora_rank",
    "token_interval",
    "engine_arguments",
)
HONOURED: dict[str, dict[str, tuple[object, ...] | None]] = {
    LIGHT: {"device": ("cpu",), "dtype": ("float32",), "max_loras": None, "token_interval": None},
    TRANSFORMERS: {"device": None, "dtype": None, "max_loras": None, "token_interval": None},
    VLLM: dict.fromkeys(set(FIELDS) - {"token_interval"}),
}


def create(folder: Path, end_tokens: frozenset[int], settings: Settings) -> Engine:
    """Return the engine of a model directory, not loaded yet.

    Raises:
        ModelLoadError: it is not installed, or cannot serve this model or these settings.
    """
    name = chosen(folder, settings)
    if found := unmet(name, settings):
        log.warning("the %s engine does not honour %s", name, ", ".join(found))
    makers = {LIGHT: _light, TRANSFORMERS: _transformers, VLLM: _vllm}
    try:
        return makers[name](folder, end_tokens, settings)
    except ImportError as error:
        raise ModelLoadError(
            f"the {name} engine needs the extra `{name}` ({error}): pip install 'seatrial[{name}]'"
        ) from None


def chosen(folder: Path, settings: Settings) -> str:
    """Return the name of the engine.

    Where none is asked for: without a GPU, and for the sample, the light one if it can compute the model. Else vLLM or
    transformers, whichever is installed.
    """
    if settings.engine != "auto":
        return settings.engine
    installed = [name for name in (VLLM, TRANSFORMERS) if importlib.util.find_spec(NEEDS[name])]
    gpu = bool(installed) and folder != SAMPLE_FOLDER and settings.device != "cpu" and _sees_gpu()
    if not installed or (not gpu and light_config.serves(folder)):
        return LIGHT
    return installed[0] if gpu else installed[-1]


def unmet(engine: str, settings: Settings) -> list[str]:
    """Return the settings that an engine does not honour, each with its value."""
    found = []
    for field in FIELDS:
        value = getattr(settings, field)
        honoured = HONOURED[engine].get(field, ())
        if value == getattr(Settings, field) or honoured is None or value in honoured:
            continue
        names = " ".join(f"{name}={text}" for name, text in value) if field == "engine_arguments" else value
        found.append(f"{field} {names}")
    return found


def limits(settings: Settings) -> EngineLimits:
    """Return what the settings let an engine do."""
    return EngineLimits(
        slots=settings.slots,
        queue_limit=settings.queue_limit,
        interval=settings.token_interval / 1000,
        context=settings.max_model_len,
        lora=settings.enable_lora,
    )


def _sees_gpu() -> bool:
    sees: bool = importlib.import_module("torch").cuda.is_available()
    return sees


def _light(folder: Path, end_tokens: frozenset[int], settings: Settings) -> Engine:
    log.info("device cpu: the light engine computes on the processor")
    return LightEngine(
        folder,
        end_tokens,
        limits(settings),
    )


def _transformers(folder: Path, end_tokens: frozenset[int], settings: Settings) -> Engine:
    devices = importlib.import_module(f"{__package__}.torch.devices")
    device = devices.choose(settings.device)
    log.info("device %s: %s", device.name, device.reason)
    engine: Engine = importlib.import_module(f"{__package__}.torch").TorchEngine(
        folder,
        end_tokens,
        limits(settings),
        device=device.name,
        dtype=settings.dtype,
        trust_pickle=settings.trust_pickle,
    )
    return engine


def _vllm(folder: Path, end_tokens: frozenset[int], settings: Settings) -> Engine:
    engine: Engine = importlib.import_module(f"{__package__}.vllm").create(folder, end_tokens, settings)
    return engine
