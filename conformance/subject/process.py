"""Starts a subject as a local process, the same way as an image minus the container.

`{port}` and `{model_dir}` in the command are filled in, literally; no shell reads it. The process keeps the network of
this host, so taking the network away is out of reach, and a wrong bind is seen by dialling 127.0.0.2 and in the socket
table. What a running process can be asked is in `seatrial.conformance.subject.local`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.subject.adapters import AdapterCopies
from seatrial.conformance.subject.launcher import Ability, Address, LaunchSpec, SubjectError, SubjectFacts
from seatrial.conformance.subject.local import LocalInstance
from seatrial.conformance.subject.model_dir import ModelCopies
from seatrial.conformance.subject.ports import bound_port, free_port, is_free
from seatrial.conformance.subject.sweep import sweep
from seatrial.conformance.subject.trial_files import MODEL_PATH_VARIABLE, MODEL_WORD, TrialCopies, filled_env
from seatrial.conformance.subject.watchdog import Watchdog

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Limits, Offer
    from seatrial.conformance.subject.lock import Run

__all__ = ["ProcessLauncher"]

PORT_WORD = "{port}"
OURS = ("PYTEST_", "COV_CORE_", "AWS_")
"""Variables that belong to the harness or to the person at it; the platform gives a container none of them."""


class ProcessLauncher:
    """Launches a command.

    Args:
        command: as the user wrote it.
        limits: memory and processes are watched; of the others only the size of a file is kept.
        offer: the user's model directory and environment.
        run: the owner of everything made here.
    """

    def __init__(self, command: str, limits: Limits, offer: Offer, run: Run) -> None:
        self.parallel = PORT_WORD in command
        self._command = command
        limits = limits.filled()
        self._limits = limits
        self._offer = offer
        self._copies = ModelCopies(offer, run.scratch)
        self._trial_copies = TrialCopies(run.scratch)
        self._adapters = AdapterCopies(offer.adapters, run.scratch)
        self._lock = threading.Lock()
        self._instances: list[LocalInstance] = []
        self._watchdog = Watchdog(limits)
        self.abilities = self._abilities()

    def _abilities(self) -> frozenset[Ability]:
        found = {
            Ability.FRESH_INSTANCE, Ability.ENV, Ability.TRIAL_FILES, Ability.LOGS, Ability.SIGNALS,
            Ability.EXIT_STATE, Ability.DIRECT_ADDRESS,
        }  # fmt: skip
        if MODEL_WORD in self._command:
            found.add(Ability.MOUNTS)
        if Path("/proc/self/net/tcp").exists():
            found |= {Ability.PROCESSES, Ability.SOCKETS, Ability.KILL_CHILDREN}
        if Path("/dev/nvidiactl").exists():
            found.add(Ability.GPU)
        return frozenset(found)

    def prepare(self) -> SubjectFacts:
        """Check the command, the directories and the port.

        Raises:
            SubjectError: the user's mistake.
        """
        sweep()
        argv = self._split()
        self._copies.check()
        if MODEL_WORD in self._command and not self._offer.model_dir:
            raise SubjectError(f"--process names {MODEL_WORD}: say with --trial-model-dir DIR which directory that is")
        found = shutil.which(argv[0], path=self._environment(LaunchSpec()).get("PATH"))
        if found is None:
            raise SubjectError(f"--process {argv[0]}: no such command, or not executable: give its path")
        self._port(LaunchSpec())
        details = (
            ("program", found),
            ("memory", f"{self._limits.memory_bytes / 2**30:.3g} GiB, watched"),
            ("processes", f"{self._limits.pids}, watched"),
            ("network", "this host's"),
            ("model directory", "a copy without write permission" if self._offer.model_dir else "none"),
        )
        return SubjectFacts("process", self._command, details=details)

    def _split(self) -> list[str]:
        try:
            argv = shlex.split(self._command)
        except ValueError as error:
            raise SubjectError(f"--process {self._command!r} cannot be split into words: {error}") from error
        if not argv:
            raise SubjectError("--process is empty: give the command that starts the server, with {port} in it")
        return argv

    def _environment(self, spec: LaunchSpec, copy: Path | None = None, given: Path | None = None) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        told = {MODEL_PATH_VARIABLE: str(copy)} if copy and spec.model_files else {}
        own = filled_env(spec, trial_files=str(given or ""), model_dir=str(copy or ""))
        return {**inherited, **told, **dict(self._offer.env), **own}

    def _port(self, spec: LaunchSpec) -> int:
        if self.parallel:
            return free_port()
        port = bound_port(dict((*self._offer.env, *spec.env)))
        if not is_free(port):
            raise SubjectError(
                f"--process: port {port} is in use: end what listens there, or write {{port}} in the command"
            )
        return port

    def launch(self, spec: LaunchSpec) -> LocalInstance:
        """Start one process; see `Launcher.launch`.

        Raises:
            SubjectError: the command cannot be run, or the port is in use.
        """
        with self._lock:
            port = self._port(spec)
            copy = self._copies.get(spec.files, spec.model_files)
            given = self._trial_copies.get(spec)
            adapters = self._adapters.get()
            words = {PORT_WORD: str(port), MODEL_WORD: str(copy or "")}
            instance = LocalInstance(
                spec=spec,
                argv=[_fill(word, words) for word in self._split()],
                env=self._environment(spec, copy, given),
                address=Address("127.0.0.1", port),
                file_limit=self._limits.disk_bytes,
                adapters=self._adapters.seen_at(str(adapters)),
                copy=copy,
                release=lambda: self._release(copy, given),
            )
            self._instances.append(instance)
        self._watchdog.watch(instance)
        return instance

    def _release(self, copy: Path | None, given: Path | None) -> None:
        self._copies.drop(copy)
        self._trial_copies.drop(given)

    def close(self) -> None:
        """End every process of this launcher."""
        self._watchdog.close()
        for instance in self._instances:
            instance.stop()


def _fill(word: str, words: dict[str, str]) -> str:
    """Put values in the place of their words; every other brace stays."""
    for name, value in words.items():
        word = word.replace(name, value)
    return word
