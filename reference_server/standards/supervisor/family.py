"""A process and its group: started so that it can be signalled as one, reaped, and never left behind.

Signals are not handled but waited for (`sigtimedwait`), so there is no moment at which one could be lost: whoever
uses this calls `hold_signals` first. The caller becomes the reaper of its descendants, as process 1 of a container is.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
AWAITED = STOP_SIGNALS | {signal.SIGCHLD}
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Seconds between two looks at a group whose last members may be somebody else's to reap.
LOOK = 0.05


class StopRequested(Exception):
    """A stop signal has come."""


def hold_signals() -> set[signal.Signals]:
    """Keep signals waiting from now on, adopt orphans, and return the former mask."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    return {signal.Signals(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)}


def pause(seconds: float) -> None:
    """Wait.

    Raises:
        StopRequested: a stop signal came meanwhile.
    """
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        _next_signal(left)


class Family:
    """A running command with all processes of its group.

    Args:
        command: what to run; its standard input is empty, its output is that of this process.

    Raises:
        OSError: the command cannot be run at all.
    """

    def __init__(self, command: Sequence[str]) -> None:
        library = ctypes.CDLL(None)

        def prepare() -> None:
            library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)

        # In the child of a process of one thread, before exec: nothing there can be locked.
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=prepare,  # noqa: PLW1509 - there is one thread
        )
        self.pid = self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal, None while the process runs."""
        return self._process.returncode

    def wait(self) -> int:
        """Wait for the end of the process.

        Raises:
            StopRequested: a stop signal came first.
        """
        while True:
            self._reap()
            if self.code is not None:
                return self.code
            _next_signal(None)

    def drained(self, seconds: float) -> bool:
        """Wait for the end of the whole group, deaf to stop signals; return False when the time is over."""
        deadline = time.monotonic() + seconds
        while self._is_alive():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            signal.sigtimedwait(AWAITED, min(left, LOOK))
        return True

    def signal(self, number: int) -> None:
        """Signal every process of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """Kill what is left of the group and wait until it is gone."""
        self.signal(signal.SIGKILL)
        while self._is_alive():
            signal.sigtimedwait(AWAITED, LOOK)
            self.signal(signal.SIGKILL)

    def _is_alive(self) -> bool:
        self._reap()
        if self.code is None:
            return True
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _reap(self) -> None:
        """Collect every child that has ended: the process itself, and orphans that came to this process."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self._process.returncode = os.waitstatus_to_exitcode(status)


def _next_signal(seconds: float | None) -> None:
    """Wait for a child's end or for a while.

    Raises:
        StopRequested: a stop signal came.
    """
    if seconds is None:
        number = signal.sigwaitinfo(AWAITED).si_signo
    else:
        came = signal.sigtimedwait(AWAITED, seconds)
        number = came.si_signo if came is not None else signal.SIGCHLD
    if number in STOP_SIGNALS:
        raise StopRequested
