"""The faults that a diagnosis must name: for each the subject that has it, and what must be found out about it."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.subject.launcher import Limits

__all__ = ["FAULTS", "LIMITS", "Fault"]

LIMITS = Limits(memory_bytes=512 * 2**20, pids=64)
WINDOW = 6.0
SERVE, STAYS, READY, PING = "image.serve-resolves", "start.stays-up", "start.becomes-ready", "ping.answers-200"
LISTENS = "port.listens-on-8080"
STOP = ("stop.within-30-seconds", "stop.prompt-when-idle")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: of the subject: an image of `broken_images.IMAGES`, or a fault of one.
        cause: id of the diagnosis that must be on top.
        says: a part of its sentence.
        proof: parts of its proof: what the experiment showed.
        clauses: what it must explain.
        image: the image where `name` is the fault.
        judge: the clauses to judge; all where none is named.
        hides: whether other clauses must be untested because of it.
        window: seconds for the start.
        scale: of contract times.
        slow: whether a slow request is given.
        model: whether a model directory is given.
        limits: of the subject.
        network: that the subject is given; empty for none.
        profiles: that are judged; empty for the default.
        variant: tells two trials of one fault apart.
    """

    name: str
    cause: str
    says: str
    proof: tuple[str, ...]
    clauses: tuple[str, ...]
    image: str = "broken"
    judge: tuple[str, ...] = ()
    hides: bool = True
    window: float = WINDOW
    scale: float = 1.0
    slow: bool = False
    model: bool = False
    limits: Limits = LIMITS
    network: str = ""
    profiles: tuple[str, ...] = ()
    variant: str = ""

    @property
    def id(self) -> str:
        """Names its test and its folder."""
        return f"{self.name}-{self.variant}" if self.variant else self.name


FAULTS = (
    # the slowest first: they run side by side
    Fault("slow-ping", "ping-slow", "/ping takes 4.", ("timeout", "patience of 10 s: 200 in 4."), (READY,)),
    Fault(
        "idle", "no-listener", "no server listens on any port", ("socket table: empty", "configuration read"), (READY,)
    ),
    Fault(
        "wrong-port",
        "wrong-port",
        "nothing on port 8080",
        ("0.0.0.0:8000", "GET /ping on port 8000: 200"),
        (LISTENS,),
        image="faults",
        window=30.0,
    ),
    Fault(
        "loopback",
        "loopback-bind",
        "127.0.0.1:8080 only",
        ("socket table of pid 1: 127.0.0.1:8080",),
        ("port.not-loopback",),
        image="faults",
        window=30.0,
    ),
    Fault(
        "loading",
        "slow-start",
        "the start window is 6 s",
        ("first 200 of GET /ping after", "503 in"),
        (READY,),
    ),
    Fault(
        "always-loading",
        "never-ready",
        "still loading",
        ("last ping in the window: 503", "after the start: 503"),
        (READY,),
    ),
    Fault(
        "ipv6-only",
        "ipv6-only",
        "[::]:8080 without IPv4",
        ("socket table: [::]:8080", "refused"),
        (LISTENS,),
        image="faults",
    ),
    Fault(
        "exit-loop",
        "crash-loop",
        "dies at every start",
        ("this line", "the newest process was"),
        (READY,),
        image="faults",
    ),
    Fault(
        "host-check",
        "host-check",
        "Host header with 400",
        ("model.aws.local:8080", "200 with `Host: localhost"),
        (PING,),
    ),
    Fault("redirect", "ping-redirects", "https://localhost/ping", ("307",), (PING, "ping.direct")),
    Fault("auth", "ping-needs-credentials", "asks for credentials", ("401", "Bearer"), (PING, "ping.direct")),
    Fault("no-route", "ping-route-missing", "no route /ping", ("404",), (PING,)),
    Fault("post-only", "ping-wrong-method", "does not take GET", ("GET /ping: 405", "POST /ping: 200"), (PING,)),
    Fault("raises", "ping-fails", "/opt/app/health.py:12: KeyError", ("500", "KeyError: 'predictor'"), (READY,)),
    Fault("tls", "speaks-tls", "speaks TLS", ("TLS record",), (LISTENS,)),
    # what PID 1 does with SIGTERM
    Fault(
        "shell-pid-1",
        "shell-swallows-sigterm",
        "PID 1 is sh",
        ("no handler for SIGTERM", "its child", "still running"),
        STOP[:1],
        image="shell-pid-1",
        judge=STOP,
        window=200.0,
        scale=0.1,
    ),
    Fault(
        "no-handler",
        "sigterm-not-handled",
        "no handler for SIGTERM",
        ("signal table", "still running"),
        STOP[:1],
        judge=STOP,
        window=200.0,
        scale=0.1,
    ),
    Fault(
        "ignore-term",
        "sigterm-ignored",
        "ignores SIGTERM",
        ("signal table", "still running"),
        STOP[:1],
        image="faults",
        judge=STOP,
        window=200.0,
        scale=0.1,
    ),
    Fault(
        "slow-stop",
        "shutdown-too-slow",
        "does not end within the 30 s",
        ("handles SIGTERM", "still running"),
        STOP[:1],
        judge=STOP,
        window=200.0,
        scale=0.1,
    ),
    Fault(
        "one-worker",
        "ping-shares-busy-workers",
        "waits for the workers",
        ("timeout", "idle it took 0."),
        ("ping.under-load",),
        judge=("ping.under-load",),
        hides=False,
        window=60.0,
        slow=True,
    ),
    Fault(
        "dies",
        "crash",
        "/opt/app/worker.py:7, after it had been ready: ValueError",
        ("code 1", "last exception"),
        ("start.keeps-running",),
        judge=("start.keeps-running",),
        hides=False,
        window=60.0,
    ),
    # what keeps the first program from running
    Fault(
        "serve-missing",
        "serve-missing",
        "finds no program",
        ("no file 'serve' on the PATH", "executable file not found"),
        (SERVE,),
        image="serve-missing",
    ),
    Fault(
        "serve-not-executable",
        "serve-not-executable",
        "/usr/local/bin/serve is in the image but is not executable",
        ("no execute bit", "started, it says"),
        (SERVE,),
        image="serve-not-executable",
    ),
    Fault(
        "serve-crlf",
        "crlf-entrypoint",
        "ends in CR LF",
        ("#!/bin/sh\\r\\n", "no such file or directory"),
        (SERVE,),
        image="serve-crlf",
    ),
    Fault(
        "serve-no-interpreter",
        "interpreter-missing",
        "asks for /usr/bin/nope",
        ("first line", "no such file"),
        (SERVE,),
        image="serve-no-interpreter",
    ),
    Fault(
        "serve-wrong-arch",
        "exec-format-error",
        "a program for arm64",
        ("first bytes", "exec format error"),
        (SERVE,),
        image="serve-wrong-arch",
    ),
    Fault(
        "serve-no-shebang",
        "exec-format-error",
        "neither a binary nor a script",
        ("first bytes", "exec format error"),
        (SERVE,),
        image="serve-no-shebang",
    ),
    Fault(
        "foreign",
        "wrong-architecture",
        "built for arm64",
        ("linux/arm64", "exec format error"),
        ("image.architecture",),
        image="foreign",
    ),
    # what ends it
    Fault(
        "crash", "crash-at-start", "/opt/subject.py:", ("code 1", "last exception in its log"), (STAYS,), image="faults"
    ),
    Fault(
        "oom",
        "out-of-memory",
        "more memory than the",
        ("out-of-memory mark", "code 137 (SIGKILL)"),
        (STAYS,),
        image="faults",
        limits=Limits(memory_bytes=96 * 2**20, pids=64),
    ),
    Fault(
        "many-threads",
        "out-of-processes",
        "more than the 64 processes and threads",
        ("can't start new thread",),
        (STAYS,),
        window=30.0,
    ),
    Fault("silent-exit", "silent-exit", "code 3", ("exit state", "the log is empty"), (STAYS,)),
    Fault(
        "write-model",
        "read-only-model-dir",
        "writes to /opt/ml/model",
        ("Read-only file system",),
        ("files.read-only-model",),
        model=True,
    ),
    Fault("write-denied", "permission-denied", "USER 1000", ("code 1", "/var/cache/broken"), (STAYS,), image="denied"),
)
"""Every root cause, with a subject that has nothing else."""
