"""The table of options: for each setting its flag, its variables, how its text is read, and a line of help."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seatrial.reference_server.settings.readers import (
    arguments,
    dtype,
    engine,
    level,
    milliseconds,
    one_of,
    parts,
    seconds,
    switch,
    whole,
)


class SettingError(Exception):
    """A setting has a value that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Option:
    """One option.

    Args:
        field: the field of `Settings`.
        variable: this server's own variable.
        read: turns text into the value, or raises ValueError saying what it expected.
        help: a line of help.
        key: its name in LMI's `serving.properties`; `option.x` is also the variable `OPTION_X`, another `SERVING_X`.
        argument: its name among vLLM's arguments; `x` is also the variable `SM_VLLM_X`.
    """

    field: str
    variable: str
    read: Callable[[str], object]
    help: str
    key: str = ""
    argument: str = ""

    @property
    def flag(self) -> str:
        """The option's name on the command line."""
        return "--" + self.field.replace("_", "-")


OPTIONS = (
    Option(
        "model",
        "SEATRIAL_MODEL",
        str,
        "`echo`, `sample-llm`, a model file or a folder (default: what --model-dir holds)",
        key="option.model_id",
        argument="model",
    ),
    Option("model_dir", "SEATRIAL_MODEL_DIR", Path, "the model directory, only read (default: /opt/ml/model)"),
    Option("host", "SEATRIAL_HOST", str, "address to listen on (default: 0.0.0.0)"),
    Option("port", "SAGEMAKER_BIND_TO_PORT", whole(0, 65535), "port to listen on, 0 for a free one (default: 8080)"),
    Option(
        "workers",
        "SAGEMAKER_MODEL_SERVER_WORKERS",
        whole(1, 64),
        "processes that serve side by side, each with the model (default: 1)",
    ),
    Option("threads", "SEATRIAL_THREADS", whole(1, 256), "calls that run side by side"),
    Option(
        "queue_limit",
        "SEATRIAL_QUEUE_LIMIT",
        whole(1, 100_000),
        "calls that may wait (default: 256)",
        key="job_queue_size",
    ),
    Option("call_timeout", "SEATRIAL_CALL_TIMEOUT", seconds, "seconds for one call in all (default: 55)"),
    Option("stream_timeout", "SEATRIAL_STREAM_TIMEOUT", seconds, "seconds for one stream in all (default: 470)"),
    Option(
        "bidirectional_limit",
        "SEATRIAL_BIDIRECTIONAL_LIMIT",
        whole(1, 65535),
        "bidirectional streams open side by side (default: 128)",
    ),
    Option(
        "bidirectional_timeout",
        "SEATRIAL_BIDIRECTIONAL_TIMEOUT",
        seconds,
        "seconds for one bidirectional stream in all (default: 1800)",
    ),
    Option(
        "slots",
        "SEATRIAL_SLOTS",
        whole(1, 4096),
        "answers of a language model made side by side (default: 16)",
        key="option.max_rolling_batch_size",
        argument="max_num_seqs",
    ),
    Option(
        "token_interval", "SEATRIAL_TOKEN_INTERVAL", milliseconds, "least milliseconds between two tokens (default: 0)"
    ),
    Option(
        "engine",
        "SEATRIAL_ENGINE",
        engine,
        "what computes a language model: light, transformers or vllm (default: auto)",
        key="option.engine",
    ),
    Option(
        "device",
        "SEATRIAL_DEVICE",
        one_of("auto", "cpu", "cuda"),
        "where a language model is computed: cpu or cuda (default: auto, a GPU where there is one)",
        key="option.device",
        argument="device",
    ),
    Option(
        "dtype",
        "SEATRIAL_DTYPE",
        dtype,
        "numbers of a language model: float32, float16 or bfloat16 (default: auto)",
        key="option.dtype",
        argument="dtype",
    ),
    Option(
        "tensor_parallel_degree",
        "SEATRIAL_TENSOR_PARALLEL_DEGREE",
        parts,
        "GPUs that a language model is spread over, or max (default: 1)",
        key="option.tensor_parallel_degree",
        argument="tensor_parallel_size",
    ),
    Option(
        "max_model_len",
        "SEATRIAL_MAX_MODEL_LEN",
        whole(2, 2**24),
        "most tokens of prompt and answer together (default: what the model can read)",
        key="option.max_model_len",
        argument="max_model_len",
    ),
    Option(
        "enable_lora",
        "SEATRIAL_ENABLE_LORA",
        switch,
        "0: a language model takes no adapters (default: 1)",
        key="option.enable_lora",
        argument="enable_lora",
    ),
    Option(
        "max_loras",
        "SEATRIAL_MAX_LORAS",
        whole(1, 4096),
        "adapters that may be loaded at once (default: 4)",
        key="option.max_loras",
        argument="max_loras",
    ),
    Option(
        "max_lora_rank",
        "SEATRIAL_MAX_LORA_RANK",
        whole(1, 512),
        "the highest rank of an adapter, where the engine has a limit (default: 64)",
        key="option.max_lora_rank",
        argument="max_lora_rank",
    ),
    Option(
        "engine_arguments",
        "SEATRIAL_ENGINE_ARGUMENTS",
        arguments,
        "further arguments of vLLM, as NAME=VALUE NAME=VALUE",
    ),
    Option("keep_alive", "SEATRIAL_KEEP_ALIVE", seconds, "seconds an idle connection stays open (default: 65)"),
    Option("stop_grace", "SEATRIAL_STOP_GRACE", seconds, "seconds for started calls after SIGTERM (default: 25)"),
    Option("check_interval", "SEATRIAL_CHECK_INTERVAL", seconds, "seconds between two self-checks (default: 5)"),
    Option("backlog", "SEATRIAL_BACKLOG", whole(1, 65535), "connections the kernel accepts ahead (default: 2048)"),
    Option("max_body", "SEATRIAL_MAX_BODY", whole(1, 2**40), "longest request body in bytes (default: 100000000)"),
    Option(
        "trust_pickle", "SEATRIAL_TRUST_PICKLE", switch, "1: load pickle files, which can run any code (default: 0)"
    ),
    Option("allow_sleep", "SEATRIAL_ALLOW_SLEEP", switch, '1: a request may ask for "sleep": SECONDS (default: 0)'),
    Option("log_level", "SEATRIAL_LOG_LEVEL", level, "how much to log (default: INFO)"),
    Option("mutant", "SEATRIAL_MUTANT", str, "serve with this deliberate fault (see list-mutants)"),
    Option("oddity", "SEATRIAL_ODDITY", str, "serve with this legal peculiarity, several by commas (see list-mutants)"),
)
