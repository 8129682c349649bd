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
        threads: calls that run side by side.
        queue_limit: calls that may wait for a thread; one more is answered 503.
        call_timeout: a call's time in all; below the platform's 60 s (`aws:hosting#container-response`).
        stream_timeout: time of a whole stream; below the platform's 480 s (`aws:hosting-faqs`).
        slots: answers of a language model that are made side by side; one more waits in the queue.
        token_interval: least milliseconds between two tokens of an answer, so that a small model can be as slow as a
            large one; 0 for as fast as it goes. As stated, never scaled.
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
    threads: int = default_threads()
    queue_limit: int = 256
    call_timeout: float = 55.0
    stream_timeout: float = 470.0
    slots: int = 16
    token_interval: float = 0.0
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
