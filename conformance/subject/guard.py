"""Stands between the harness and a subject that is a process, so that nothing survives the harness.

This file is a program, run as `python -I -S guard.py OUT ERR FILE_LIMIT COMMAND…`; it imports the standard library
alone, and little of it. It starts the command in a session of its own and stays its parent, the one to whom orphans
are given back however they were detached. Its input is a pipe that the harness holds: when the harness ends, however
it ends, the pipe ends, and everything below the guard is killed. Input `kill` kills as well and stays. Its output says
`pid N` or `error WORDS`, and later `exit STATUS`.

The subject sees a parent that is not the harness, and nothing else: its signals come from the harness directly, its
output goes to the harness directly, and every signal is as a shell would have left it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import selectors
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
ROUNDS = 1000
PAUSE = 0.01
IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE)


def main(out: int, err: int, file_limit: int, argv: list[str]) -> None:
    """Start the command, report, and end it with the harness."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    try:
        child = spawn(out, err, argv)
    except OSError as error:
        say(f"error {error.strerror}")
        return
    say(f"pid {child}")
    watch(child, ended)


def spawn(out: int, err: int, argv: list[str]) -> int:
    """Start the command; its process id, which is its group and session as well."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, out, 1)]
    actions.append((os.POSIX_SPAWN_DUP2, err, 2))
    for descriptor in (out, err):
        os.set_inheritable(descriptor, False)
    defaults = [*IGNORED, signal.SIGXFSZ, signal.SIGCHLD]
    child = os.posix_spawnp(
        argv[0], argv, os.environ, file_actions=actions, setsid=True, setsigmask=[], setsigdef=defaults
    )  # fmt: skip
    os.close(out)
    os.close(err)
    return child


def watch(child: int, ended: int) -> None:
    """Report the child's end; end everything with the harness."""
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ)
    while True:
        ready = [key.fd for key, _ in selector.select()]
        if ended in ready:
            os.read(ended, 4096)
            reap(child)
        if 0 in ready:
            word = os.read(0, 4096)
            kill_all(child)
            if not word:
                return


def reap(child: int) -> bool:
    """Collect what has ended; whether anything is left."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return True
            if pid == child:
                say(f"exit {status}")
    return False


def kill_all(child: int) -> None:
    """Kill everything below the guard, group by group: the kernel lets no member fork its way out of that."""
    for _ in range(ROUNDS):
        for group in groups_below(os.getpid()):
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        time.sleep(PAUSE)  # the kernel needs a moment to end them
        if not reap(child):
            return


def groups_below(root: int) -> set[int]:
    """The process groups of all that descends from a process. None is the root's own: each child has its session."""
    children: dict[int, list[tuple[int, int]]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent, group = entry.read_text().rpartition(")")[2].split()[1:3]
            children.setdefault(int(parent), []).append((int(entry.parent.name), int(group)))
    found = list(children.get(root, []))
    for pid, _ in found:  # grows while it is walked
        found += children.get(pid, [])
    return {group for _, group in found}


def say(words: str) -> None:
    """Tell the harness, if it is still there to listen."""
    with contextlib.suppress(OSError):
        os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
