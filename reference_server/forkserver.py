"""A warm server process that forks a new one in about 10 ms, for tests that start hundreds of them.

`python -m seatrial.reference_server.forkserver [MODULE ...]` imports everything that `serve --model echo` needs, also
with code of a customer, and the modules named, starts no thread and no event loop, and then reads orders from standard
input, one JSON object a line:

    {"id": 1, "argv": ["serve", "--model", "echo", "--port", "0"], "env": {"SEATRIAL_TIME_SCALE": "0.1"},
     "stdout": "/tmp/log", "stderr": "/tmp/log", "cwd": "/tmp"}

`env` is the child's whole environment; a path may be a pipe, given as `/proc/PID/fd/N`. Each child has a session of
its own, so that its whole tree can be signalled. On standard output, one JSON object a line:

    {"event": "ready"}      {"event": "started", "id": 1, "pid": 4711}      {"event": "ended", "pid": 4711, "code": -15}
    {"event": "refused", "id": 2, "reason": "No such file or directory: ..."}

`code` is negative for a signal, as in `subprocess`. At the end of its input every child's group is killed; children
also die with their parent. Use `forkclient.ForkServer` rather than speaking this by hand.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import traceback
from types import ModuleType
from typing import Any

from seatrial.reference_server import cli, standards, variants
from seatrial.reference_server.standards import logging_config

# What a start imports late, and a fork should find imported.
WARM = ("seatrial.reference_server.backends.echo", "encodings.idna", "uvicorn.lifespan.off")
# The same for code of a customer, which brings a third of a second of imports.
WARM_TOO = ("fastapi.middleware", "fastapi.responses", "starlette.middleware.base", "importlib.metadata")
PR_SET_PDEATHSIG = 1
# File numbers that the warm process may hold and a child must not.
OPEN_FILES = 256


def main() -> int:
    """Serve orders until the input ends."""
    for module in (*WARM, *WARM_TOO, *_modules_of(standards), *sys.argv[1:]):
        importlib.import_module(module)
    for kind in variants.Kind:
        variants.every(kind)
    children: set[int] = set()
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()  # a child's collector need not look at, and so copy, what all of them share
    _tell(event="ready")
    try:
        _serve(wake_read, children)
    finally:
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return 0


def _modules_of(package: ModuleType) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [module.name for module in found if not module.name.endswith("__main__")]


def _serve(wake: int, children: set[int]) -> None:
    pending = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _reap(children)
        if 0 in ready:
            received = os.read(0, 65536)
            if not received:
                return
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                _start(json.loads(line), children)


def _start(order: dict[str, Any], children: set[int]) -> None:
    try:
        sinks = _open_sinks(order)  # before the fork: the client may close a pipe once it hears of the start
    except OSError as error:
        _tell(event="refused", id=order["id"], reason=str(error))
        return
    parent = os.getpid()
    alone_read, alone_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(order, sinks, parent)
    for number in (*sinks, alone_write):
        os.close(number)
    os.read(alone_read, 1)  # ends when the child has its own session: from then on its group can be signalled
    os.close(alone_read)
    children.add(pid)
    _tell(event="started", id=order["id"], pid=pid)


def _become(order: dict[str, Any], sinks: tuple[int, ...], parent: int) -> None:
    """Turn this fork into the process that was ordered; never returns."""
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # as in __main__: until the server has its own handler
        for number, sink in enumerate(sinks):
            os.dup2(sink, number)
        os.closerange(len(sinks), OPEN_FILES)
        os.chdir(order.get("cwd", "/"))
        os.environ.clear()
        os.environ.update(order.get("env", {}))
        logging_config.get_logger()  # the one thing there that is read from the environment at import
        code = cli.main(order["argv"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Exception:  # noqa: BLE001 - reported here: the interpreter never sees it
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _open_sinks(order: dict[str, Any]) -> tuple[int, ...]:
    """Open a child's standard input, output and error."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    output, error = order.get("stdout", os.devnull), order.get("stderr", os.devnull)
    wanted = ((os.devnull, os.O_RDONLY), (output, append), (error, append))
    return tuple(os.open(path, flags, 0o600) for path, flags in wanted)


def _reap(children: set[int]) -> None:
    for pid in tuple(children):
        with contextlib.suppress(ChildProcessError):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                children.discard(pid)
                _tell(event="ended", pid=pid, code=os.waitstatus_to_exitcode(status))


def _tell(**event: object) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
