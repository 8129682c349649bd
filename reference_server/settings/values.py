"""The settings themselves. Durations are seconds before scaling; sizes are bytes."""

import os
from dataclasses import dataclass
from pathlib import Path


def default_threads() -> int:
    """Return how many calls run side by side: the processors this process may use, between 4 and 16."""
    return min(max(len(os.sched_getaffinity(0)), 4), 16)


@dataclass(frozen=True)
class Settings:
    """Everything that can be set on the reference server.

    Args:
        model: `echo`, `sample-llm`, a model file or a folder; empty: whatever `model_dir` holds.
        model_dir: where the platform puts the model (`aws:hosting#load-artifacts`); never written to.
        host: the address to listen on; the platform does not connect through loopback.
        port: the port to listen on, 0 for a free one.
        workers: processes that serve side by side, each with a model of its own.
        threads: calls that run side by side, in each of them.
        queue_limit: calls that may wait for a thread; one more is answered 503.
        call_timeout: a call's time in all; below the platform's 60 s (`aws:hosting#container-response`).
        stream_timeout: time of a whole stream; below the platform's 480 s (`aws:hosting-faqs`).
        bidirectional_limit: bidirectional streams that are open side by side; one more is answered 503.
        bidirectional_timeout: time of a whole bidirectional stream; the platform's own limit (`aws:invoke-endpoints`).
        slots: answers of a language model that are made side by side; one more waits in the queue.
        token_interval: least milliseconds between two tokens of an answer, so that a small model can be as slow as a
            large one; 0 for as fast as it goes. As stated, never scaled.
        engine: what computes a language model: `light`, `transformers`, `vllm`, or `auto`.
        device: where it is computed: `cpu`, `cuda`, or `auto` for a GPU where there is one.
        dtype: its numbers: `float32`, `float16`, `bfloat16`, or `auto`.
        tensor_parallel_degree: GPUs that it is spread over, 0 for every one that is there.
        max_model_len: most tokens of prompt and answer together, 0 for what the model can read.
        enable_lora: whether it takes adapters.
        max_loras: adapters that may be loaded at once, where they come by request.
        max_lora_rank: the highest rank of an adapter.
        engine_arguments: further settings by name, for the engine that knows them.
        keep_alive: how long an idle connection stays open; far above the 5 s between two pings.
        stop_grace: how long started calls may finish after SIGTERM; the platform kills after 30 s.
        check_interval: time between two runs of the model's own sample.
        backlog: connections that the kernel accepts ahead of the server.
        max_body: longest request body.
        trust_pickle: whether files that can run code on loading may be loaded.
        allow_sleep: whether a JSON request may ask for `"sleep": SECONDS` before it is answered, as a slow model would.
        log_level: a level name of the logging module.
        mutant: a deliberate fault to serve with, by name.
        oddity: a legal peculiarity to serve with, by name.
    """

    model: str = ""
    model_dir: Path = Path("/opt/ml/model")
    host: str = "0.0.0.0"  # noqa: S104 - the platform connects from outside the container
    port: int = 8080
    workers: int = 1
    threads: int = default_threads()
    queue_limit: int = 256
    call_timeout: float = 55.0
    stream_timeout: float = 470.0
    bidirectional_limit: int = 128
    bidirectional_timeout: float = 1800.0
    slots: int = 16
    token_interval: float = 0.0
    engine: str = "auto"
    device: str = "auto"
    dtype: str = "auto"
    tensor_parallel_degree: int = 1
    max_model_len: int = 0
    enable_lora: bool = True
    max_loras: int = 4
    max_lora_rank: int = 64
    engine_arguments: tuple[tuple[str, str], ...] = ()
    keep_alive: float = 65.0
    stop_grace: float = 25.0
    check_interval: float = 5.0
    backlog: int = 2048
    max_body: int = 100_000_000
    trust_pickle: bool = False
    allow_sleep: bool = False
    log_level: str = "INFO"
    mutant: str = ""
    oddity: str = ""
