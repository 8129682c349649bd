"""Settings as vLLM's own arguments, read by vLLM's own parser: what it says of a value is what its users know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Never

from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.utils.argparse_utils import FlexibleArgumentParser

from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.logs import log
from seatrial.reference_server.settings import Settings

ON, OFF = frozenset({"true"}), frozenset({"false"})
# Places beyond the slots: the server's own check is answered however long the queue is.
URGENT_PLACES = 1


def engine_args(folder: Path, settings: Settings, gpus: int) -> AsyncEngineArgs:
    """Return what vLLM is started with.

    Args:
        folder: the model.
        settings: what the user chose; arguments that vLLM does not know are said in the log.
        gpus: how many there are.

    Raises:
        ModelLoadError: vLLM refuses a value.
    """
    parser = AsyncEngineArgs.add_cli_args(FlexibleArgumentParser())
    parser.error = _refuse  # which would end the process
    known, unknown = parser.parse_known_args([*_own(folder, settings, gpus), *_others(settings)])
    if unknown:
        log.warning("the vllm engine does not honour %s", " ".join(unknown))
    return AsyncEngineArgs.from_cli_args(known)


def _own(folder: Path, settings: Settings, gpus: int) -> Iterator[str]:
    yield f"--model={folder}"
    yield f"--dtype={settings.dtype}"
    yield f"--max-num-seqs={settings.slots + URGENT_PLACES}"
    yield f"--tensor-parallel-size={settings.tensor_parallel_degree or max(gpus, 1)}"
    if settings.max_model_len:
        yield f"--max-model-len={settings.max_model_len}"
    if settings.enable_lora:
        yield from ("--enable-lora", f"--max-loras={settings.max_loras}", f"--max-lora-rank={settings.max_lora_rank}")


def _others(settings: Settings) -> Iterator[str]:
    """Yield arguments as AWS's vLLM container makes them: `true` is a switch alone, `false` is left out."""
    for name, text in settings.engine_arguments:
        flag = "--" + name.replace("_", "-")
        if text.lower() in ON:
            yield flag
        elif text.lower() not in OFF:
            yield f"{flag}={text}"


def _refuse(message: str) -> Never:
    raise ModelLoadError(f"vLLM does not take these arguments: {message}")
