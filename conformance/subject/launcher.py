"""What every launcher offers: the values that describe a launch, and the two interfaces that hide what a subject is.

Scenarios see an `Instance` and nothing else. A launcher says with its abilities what can be seen through it; what it
cannot see makes clauses UNTESTED(out-of-reach). This module holds interfaces and values only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from seatrial.conformance.subject.logs import LogBook

__all__ = [
    "Ability", "AdapterFiles", "Address", "EngineError", "FileChange", "Files", "Image", "Instance", "LaunchSpec",
    "Launcher", "Limits", "Listener", "Offer", "OnTerm", "Process", "ServeWord", "State", "SubjectError",
    "SubjectFacts",
]  # fmt: skip


class SubjectError(Exception):
    """The user's mistake about the subject (no such image, port in use …): one sentence, exit code 4."""


class EngineError(Exception):
    """The Docker engine does not answer or failed: one sentence, exit code 12."""


class Ability(StrEnum):
    """Something that a launcher is able to do or see."""

    IMAGE_CONFIG = "image-config"
    """The image's configuration: entrypoint, environment, labels, platform."""
    IMAGE_FILES = "image-files"
    """Files inside the image."""
    MANIFEST = "manifest"
    """The image's manifest as a registry would hold it."""
    FRESH_INSTANCE = "fresh-instance"
    """More instances can be started, each with its own environment and files."""
    ENV = "env"
    """The environment can be set."""
    MOUNTS = "mounts"
    """The model directory can be given, read-only or writable."""
    TRIAL_FILES = "trial-files"
    """Files of a launch can be given: beside the model directory, and laid over a copy of it."""
    LOGS = "logs"
    """Everything written to stdout and stderr, with arrival times."""
    SIGNALS = "signals"
    """SIGTERM and SIGKILL can be sent."""
    KILL_CHILDREN = "kill-children"
    """Single processes behind the first one can be killed."""
    EXIT_STATE = "exit-state"
    """The exit code and whether the kernel killed it for memory."""
    PROCESSES = "processes"
    """The process list with memory, threads and open files."""
    SOCKETS = "sockets"
    """The subject's own socket table."""
    FILE_CHANGES = "file-changes"
    """Which files the subject changed in its own file system."""
    DIRECT_ADDRESS = "direct-address"
    """The subject's own address is dialled, no proxy between: accept times and binds are real."""
    HOSTNAME = "hostname"
    """The host name can be chosen."""
    ISOLATION = "isolation"
    """The network can be taken away."""
    GPU = "gpu"
    """The host has a GPU to offer."""


class Files(StrEnum):
    """How the model directory is given to a launch."""

    READ_ONLY = "read-only"
    """A copy of the user's directory, mounted read-only: what the platform does. Nothing is mounted without one."""
    WRITABLE = "writable"
    """A fresh copy, mounted read-write, so that writes can be seen."""
    ODD = "odd"
    """A fresh copy, read-only, with a foreign owner, mode 0444 and a modification time of 1970."""
    BAD = "bad"
    """The directory that the user offered as broken (`--trial-bad-model-dir`), read-only."""
    EMPTY = "empty"
    """An empty directory, read-only."""


@dataclass(frozen=True)
class LaunchSpec:
    """How an instance is started. Equal specs share one instance, unless a scenario destroys it.

    Attributes:
        name: what people call this launch in plans and reports; part of its identity.
        env: variables set beside the user's own.
        files: how the model directory is given.
        hostname: the host name; empty for the launcher's default.
        isolated: whether the network is taken away whatever the user's `--trial-network` says.
        args: the command: the platform's one word.
        trial_files: (relative path, text) of files given beside the model directory, read-only: in a container below
            `/opt/seatrial-trial`.
        model_files: (relative path, text) of files laid over a copy of the user's model directory, or over an empty
            one, which is mounted read-only as the model directory.

    In values of `env`, `{trial_files}` and `{model_dir}` become the two directories as the subject sees them.
    """

    name: str = "main"
    env: tuple[tuple[str, str], ...] = ()
    files: Files = Files.READ_ONLY
    hostname: str = ""
    isolated: bool = False
    args: tuple[str, ...] = ("serve",)
    trial_files: tuple[tuple[str, str], ...] = ()
    model_files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Address:
    """Where an instance is dialled."""

    host: str
    port: int = 8080
    tls: bool = False
    path: str = ""
    """Prefix of every request target; only an endpoint has one."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{self.path}"


@dataclass(frozen=True)
class State:
    """The state of an instance.

    Attributes:
        running: whether PID 1 (or the process) lives.
        exit_code: its exit code, negative signal numbers turned into 128 + n; None while it runs.
        oom_killed: whether the kernel killed it, or a part of it, for memory.
        restarts: how often the engine restarted it.
        error: the engine's own words where the start failed (`exec: "serve": executable file not found`).
        exited_at: seconds from launch to exit; None while it runs.
        stopped_for: why the harness stopped it (disk limit, log flood …); empty where it did not.
    """

    running: bool
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    error: str = ""
    exited_at: float | None = None
    stopped_for: str = ""


class OnTerm(StrEnum):
    """What a process does with SIGTERM, by its own signal table."""

    HANDLED = "handled"
    IGNORED = "ignored"
    DEFAULT = "default"
    """It ends; but as PID 1 of a container it never hears of it."""
    UNKNOWN = ""


@dataclass(frozen=True)
class Process:
    """One process of an instance, as the subject itself would number it where that can be seen."""

    pid: int
    parent: int
    argv: tuple[str, ...]
    rss_bytes: int = 0
    threads: int = 0
    open_files: int = 0
    on_term: OnTerm = OnTerm.UNKNOWN


@dataclass(frozen=True)
class Listener:
    """One listening socket of an instance."""

    host: str
    port: int
    pid: int | None = None

    @property
    def loopback(self) -> bool:
        """Whether only the subject itself can reach it."""
        return self.host.startswith("127.") or self.host == "::1"


@dataclass(frozen=True)
class Image:
    """An image as the engine or an archive describes it.

    Attributes:
        reference: how the user named it.
        digest: the image id (`sha256:…`).
        serve: how the word `serve` resolves, see `seatrial.conformance.subject.serve_word`.
        driver_files: NVIDIA driver files found outside `compat` and `stubs` folders; None where files were not seen.
        manifest_type: media type of the manifest as a registry holds it; empty where out of reach.
    """

    reference: str
    digest: str
    os: str
    architecture: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    env: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    exposed: tuple[str, ...] = ()
    stop_signal: str = ""
    size_bytes: int = 0
    manifest_type: str = ""
    serve: ServeWord | None = None
    driver_files: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ServeWord:
    """How `docker run IMAGE serve` finds its first program.

    Attributes:
        argv: the whole command: entrypoint, then `serve`.
        program: the program as written (`argv[0]`).
        path: where it was found inside the image; empty where it was not.
        executable: whether its mode allows execution.
        kind: `elf`, `script`, `other` (which no kernel starts), or empty where it was not found or not read.
        architecture: of an ELF file (`amd64`, `arm64`); empty else.
        interpreter: of a script's first line, arguments included (`/usr/bin/env python3`), or the dynamic loader that
            an ELF file names; empty else.
        interpreter_found: whether that interpreter (behind `env`: the program it looks for) exists in the image;
            None where there is none.
        crlf: whether the script's first line ends in CR LF.
    """

    argv: tuple[str, ...]
    program: str
    path: str = ""
    executable: bool = False
    kind: str = ""
    architecture: str = ""
    interpreter: str = ""
    interpreter_found: bool | None = None
    crlf: bool = False


@dataclass(frozen=True)
class SubjectFacts:
    """What the report says the subject is."""

    kind: str
    name: str
    digest: str = ""
    size_bytes: int = 0
    details: tuple[tuple[str, str], ...] = ()
    image: Image | None = None


@dataclass(frozen=True)
class FileChange:
    """One path that the subject changed in its own file system. `kind` is `added`, `changed` or `deleted`."""

    path: str
    kind: str


@dataclass(frozen=True)
class AdapterFiles:
    """The adapters that the user offered, as an instance sees them.

    Attributes:
        folders: (name, path) of each.
        damaged: path of a copy of the first whose weights are cut short; empty where there is none.
    """

    folders: tuple[tuple[str, str], ...] = ()
    damaged: str = ""


class Instance(Protocol):
    """One running subject. Every method is safe to call from several threads."""

    spec: LaunchSpec
    address: Address
    logs: LogBook
    adapters: AdapterFiles

    def now(self) -> float:
        """Seconds since this instance was launched (monotonic)."""
        ...

    def state(self) -> State:
        """The state now."""
        ...

    def wait_exit(self, timeout: float) -> State:
        """Wait up to `timeout` seconds for the exit; return the state then."""
        ...

    def signal(self, number: int) -> None:
        """Send a signal to PID 1 (an image) or to the whole process group (a process), unless it is gone."""
        ...

    def kill_children(self) -> tuple[Process, ...]:
        """SIGKILL every process but the first, and say which; empty where there are none."""
        ...

    def processes(self) -> tuple[Process, ...]:
        """The live processes, first one first."""
        ...

    def listeners(self) -> tuple[Listener, ...]:
        """The listening TCP sockets."""
        ...

    def outgoing(self) -> tuple[str, ...]:
        """Remote `host:port` of connections that the subject opened or tries to open, loopback left out."""
        ...

    def file_changes(self) -> tuple[FileChange, ...]:
        """Paths changed in the subject's own file system, or in its writable model directory."""
        ...

    def model_tree(self) -> tuple[tuple[str, str], ...]:
        """Relative path and digest (sha256, or `dir`, `link:target`) of everything in its model directory."""
        ...

    def stop(self) -> None:
        """Kill it and release every resource. A graceful stop is observed before, with `signal`. Safe to call twice."""
        ...


@dataclass(frozen=True)
class Limits:
    """What a subject is given. Zero means the launcher's default; every default is printed with the plan."""

    memory_bytes: int = 8 * 2**30
    cpus: float = 0.0
    pids: int = 4096
    shm_bytes: int = 2**30
    disk_bytes: int = 20 * 2**30
    log_bytes: int = 32 * 2**20
    gpus: str = ""
    network: str = ""

    def filled(self) -> Limits:
        """The same, with the default in the place of every zero."""
        given = {name: value for name, value in vars(self).items() if value}
        return Limits(**given)


class Launcher(Protocol):
    """Starts a subject as the platform would."""

    abilities: frozenset[Ability]
    """Complete once `prepare` has returned."""
    parallel: bool
    """Whether several instances may live at once; false where they would fight over one port."""

    def prepare(self) -> SubjectFacts:
        """Look at the subject without starting it.

        Raises:
            SubjectError: the user's mistake.
            EngineError: the engine does not answer.
        """
        ...

    def launch(self, spec: LaunchSpec) -> Instance:
        """Start one instance; returns as soon as its first process was asked to run.

        A start that fails at once (no such program) gives an instance whose state is not running and says why.

        An instance without a reachable address (it exited before it had one) has `127.0.0.1:0`, which refuses.

        Raises:
            SubjectError: the user's mistake.
            EngineError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Remove everything that this launcher made. Safe to call twice."""
        ...


@dataclass(frozen=True)
class Offer:
    """What the user offers to test with: directories and their meaning. See `seatrial.conformance.options`.

    Attributes:
        model_dir, bad_model_dir: to be served, and to be refused.
        env: variables of the subject; the values of those named in `public_env` may be shown.
        adapters: (name, directory) of each adapter that the subject may be asked to load.
    """

    model_dir: str = ""
    bad_model_dir: str = ""
    env: tuple[tuple[str, str], ...] = field(default=())
    public_env: frozenset[str] = frozenset()
    adapters: tuple[tuple[str, str], ...] = ()
