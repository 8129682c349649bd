"""Lines of real programs prove what they should, and ordinary lines prove nothing."""

from __future__ import annotations

import pytest

from seatrial.suites.realtime import log_words
from seatrial.suites.realtime.log_words import first_match

PROVES = {
    "INIT_ATE_SERVE": [
        "[FATAL tini (7)] exec serve failed: No such file or directory",
        "[dumb-init] serve: No such file or directory",
        "ERROR (catatonit:1): failed to exec pid1: serve",
    ],
    "CMD_MISSED": [
        "/entrypoint.sh: line 5: exec: serve: not found",
        "/usr/local/bin/docker-entrypoint.sh: 11: exec: serve: not found",
        "python3: can't open file '/app/serve': [Errno 2] No such file or directory",
        "Error: Cannot find module '/app/serve'",
        "server.py: error: unrecognized arguments: serve",
        "server.py: error: argument command: invalid choice: 'serve' (choose from 'train', 'predict')",
        "server.py: error: the following arguments are required: --port",
        "Error: No such command 'serve'.",
        "error: unrecognized subcommand 'serve'",
        "Error: Unable to access jarfile serve",
    ],
    "NO_TERMINAL": [
        "stty: 'standard input': Inappropriate ioctl for device",
        "the input device is not a TTY",
        "EOFError: EOF when reading a line",
        "bash: /dev/tty: No such device or address",
    ],
    "READ_ONLY": [
        "OSError: [Errno 30] Read-only file system: '/opt/ml/model/cache'",
        "mkdir: cannot create directory '/opt/ml/model/x': Read-only file system",
        "Error: EROFS: read-only file system, open '/opt/ml/model/lock'",
    ],
    "GPU_TOLD": [
        "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory",
        "RuntimeError: Found no NVIDIA driver on your system.",
        "torch.cuda.is_available() is False",
    ],
    "NETWORK": [
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "curl: (6) Could not resolve host: huggingface.co",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded",
        "Error: getaddrinfo ENOTFOUND registry.npmjs.org",
    ],
    "REASON": [
        "Traceback (most recent call last):",
        "ValueError: bad magic number",
        "model.bin is truncated",
        "could not load the model: unexpected end of file",
        "thread 'main' panicked at src/main.rs:4:5",
    ],
}

ORDINARY = [
    "INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)",
    "[2024-01-01 00:00:00 +0000] [7] [INFO] Booting worker with pid: 7",
    "[2024-01-01 00:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0",
    "INFO: Started server process [1]",
    "Loading checkpoint shards: 100%|##########| 2/2 [00:01<00:00]",
    "listening on 0.0.0.0:8080",
    '10.32.0.2 - - [01/Jan/2024:00:00:00 +0000] "GET /ping HTTP/1.1" 200 0 "-" "AHC/2.0"',
    "",
]


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in PROVES.items() for line in lines])
def test_the_words_of_a_real_program_are_known(name: str, line: str):
    assert first_match(getattr(log_words, name), ("first", line, "last")) == line


@pytest.mark.parametrize("line", ORDINARY)
@pytest.mark.parametrize("name", sorted(PROVES))
def test_an_ordinary_line_proves_nothing(name: str, line: str):
    assert first_match(getattr(log_words, name), (line,)) == ""


def test_a_long_line_is_cut():
    assert len(first_match(log_words.REASON, ("error " + "x" * 5000,))) == 200
