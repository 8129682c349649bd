"""The other end of `forkserver`: starts a warm server, orders children, and waits for them.

with ForkServer() as warm:
    child = warm.start(["serve", "--model", "echo", "--port", "0"], env={}, output=log_path)
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=10) == 0
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Child:
    """One forked server, in a session of its own. The names are those of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Args:
            timeout: seconds, None for ever.

        Raises:
            TimeoutError: it still runs.
        """
        if not self._ended.wait(timeout) or self.returncode is None:
            raise TimeoutError(f"process {self.pid} still runs after {timeout} s")
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the process alone."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill_tree(self) -> None:
        """Kill the process and all that it started in its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def ended(self, code: int) -> None:
        """Note the end."""
        self.returncode = code
        self._ended.set()


class ForkServer:
    """A warm server process. Use it as a context manager: at the end no child is left. Safe from several threads.

    Args:
        warm: modules that every child finds imported, beside what the echo needs.
    """

    def __init__(self, *, warm: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "seatrial.reference_server.forkserver", *warm]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._answers: dict[int, Child | str] = {}
        self._children: dict[int, Child] = {}
        self._ready = threading.Event()
        self._gone = False
        threading.Thread(target=self._listen, name="forkserver-events", daemon=True).start()

    def __enter__(self) -> Self:
        self._ready.wait()
        if self._gone:
            raise RuntimeError("the fork server ended before it was ready: its reason stands on standard error")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        output: Path | int | None = None,
        errors: Path | int | None = None,
        cwd: Path | None = None,
        timeout: float = 10.0,
    ) -> Child:
        """Fork a child that runs the server's command line.

        Args:
            argv: the arguments after `python -m seatrial.reference_server`.
            env: the child's whole environment.
            output: where standard output goes: a file to append to, or the write end of a pipe (file number).
            errors: where standard error goes; to the same place where none is given.
            cwd: the working folder, `/` where none is given.
            timeout: seconds for the fork itself.

        Raises:
            RuntimeError: the fork server is gone, does not answer, or cannot open the output.
        """
        number = next(self._numbers)
        order: dict[str, Any] = {"id": number, "argv": list(argv), "env": dict(env), "cwd": str(cwd or "/")}
        order |= {"stdout": _sink(output), "stderr": _sink(output if errors is None else errors)}
        if self._process.stdin is None:
            raise RuntimeError("the fork server has no input")
        with self._changed:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            self._changed.wait_for(lambda: number in self._answers or self._gone, timeout)
            answer = self._answers.pop(number, "the fork server does not answer")
        if isinstance(answer, str):
            raise RuntimeError(answer)  # noqa: TRY004 - no type is wrong: the text is the reason
        return answer

    def close(self) -> None:
        """End the fork server and every child that still runs."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            event = json.loads(line)
            with self._changed:
                self._note(event)
                self._changed.notify_all()
        with self._changed:
            self._gone = True
            self._ready.set()
            self._changed.notify_all()

    def _note(self, event: dict[str, Any]) -> None:
        if event["event"] == "ready":
            self._ready.set()
        elif event["event"] == "started":
            child = Child(event["pid"])
            self._children[child.pid] = child
            self._answers[event["id"]] = child
        elif event["event"] == "refused":
            self._answers[event["id"]] = event["reason"]
        elif event["event"] == "ended":
            self._children.pop(event["pid"]).ended(event["code"])


def _sink(place: Path | int | None) -> str:
    """Return what the warm process opens for an output."""
    return f"/proc/{os.getpid()}/fd/{place}" if isinstance(place, int) else str(place or os.devnull)
