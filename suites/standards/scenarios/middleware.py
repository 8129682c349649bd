"""Calls through a customer's layers: in what order they run, which source of them wins, and what each may change.

Every layer leaves its name in a trace that the outermost one reports; engines of ours add theirs for calls that carry
`X-Seatrial-Trace: on`.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, LaunchSpec, RawRequest, State, scenario
from seatrial.suites.realtime.scenarios.start import Started, log_tail, need_time, started
from seatrial.suites.standards.scenarios.failures import patience
from seatrial.suites.standards.scenarios.streams import StreamSeen, stream
from seatrial.suites.standards.scripts import script

__all__ = [
    "EnvLayersSeen", "FormatterStreamSeen", "FormattersSeen", "LayersSeen", "LayersStreamSeen", "PlainLayerSeen",
    "PostsSeen",
]  # fmt: skip

JSON = ("Content-Type", "application/json")
TRACE = ("X-Seatrial-Trace", "on")
SCRIPT = ("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py")
THROTTLE = "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE"
PROCESS = "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"
PRE, POST = (
    ("CUSTOM_PRE_PROCESS", "{trial_files}/layers.py:pre"),
    ("CUSTOM_POST_PROCESS", "{trial_files}/layers.py:post"),
)
FILES = (("model.py", script("middleware.py")), ("layers.py", script("layers.py")))
BODY = b'{"seatrial": "Body"}'
PREFLIGHT = (("Origin", "https://seatrial.example"), ("Access-Control-Request-Method", "POST"))

LAYERS = LaunchSpec("standards-layers", env=(SCRIPT,), trial_files=FILES)
FORMATTERS = LaunchSpec("standards-formatters", env=(SCRIPT,), trial_files=(("model.py", script("formatters.py")),))
PRES = ("edit", "read-and-edit", "other", "nothing", "answer", "raise", "raise-http")
POSTS = ("edit", "new", "nothing", "raise")


@dataclass(frozen=True)
class LayersSeen:
    """Calls through a decorated throttle, and a decorated layer before and after the handler.

    Attributes:
        started: how the launch started.
        call: of the handler.
        paths: by what was called: `GET /ping`, a path that does not exist, …
        preflight: what browsers ask before a call from another site; layers of an engine may answer it.
        refused: the throttle answered by itself.
        raised: by the layer that raised, and what: `throttle raise`, `process raise-http`, …
        after: a call after all of those.
    """

    started: Started
    call: Exchange
    paths: dict[str, Exchange]
    preflight: Exchange
    refused: Exchange
    raised: dict[str, Exchange]
    after: Exchange


@dataclass(frozen=True)
class LayersStreamSeen:
    """A stream through a layer before and after the handler."""

    started: Started
    seen: StreamSeen


@dataclass(frozen=True)
class FormattersSeen:
    """Calls through both formatters.

    Attributes:
        started: how the launch started.
        plain: nothing is asked of them.
        pre: by what the input formatter did.
        http_exception: the handler raised an HTTP exception.
        exception: the handler raised any other.
        after: a call after all of those.
    """

    started: Started
    plain: Exchange
    pre: dict[str, Exchange]
    http_exception: Exchange
    exception: Exchange
    after: Exchange


@dataclass(frozen=True)
class PostsSeen:
    """Calls through both formatters, by what the output formatter did."""

    started: Started
    post: dict[str, Exchange]
    after: Exchange


@dataclass(frozen=True)
class FormatterStreamSeen:
    """A stream through both formatters."""

    started: Started
    seen: StreamSeen


@dataclass(frozen=True)
class EnvLayersSeen:
    """A call where a variable names a layer, and the script decorates every one."""

    started: Started
    call: Exchange


@dataclass(frozen=True)
class PlainLayerSeen:
    """A start with a layer that is a plain function.

    Attributes:
        answered: whether anything answered /ping before the server ended or had its time.
        call: a call after that; None where nothing answered.
        state: at the last look.
        log: the last lines of the log where nothing answered.
    """

    answered: bool
    call: Exchange | None
    state: State
    log: tuple[str, ...]


def call(drive: Drive, *headers: tuple[str, str], body: bytes = BODY) -> Exchange:
    """A call that asks every layer to leave its trace."""
    request = RawRequest("POST", "/invocations", (JSON, TRACE, *headers), body)
    return drive.client.send(request, timeout=drive.seconds(10.0))


@scenario("layers", sees=LayersSeen, launch=LAYERS, takes=0.2)
def layers(drive: Drive) -> LayersSeen:
    """Call the handler, other paths, and ask layers to refuse or to fail."""
    paths = (("GET", "/ping"), ("GET", "/seatrial-nowhere"), ("GET", "/openapi.json"))
    refused = call(drive, ("X-Seatrial-Throttle", "refuse"))
    return LayersSeen(
        started(drive),
        call(drive),
        {f"{method} {path}": _send(drive, method, path) for method, path in paths},
        _send(drive, "OPTIONS", "/invocations", *PREFLIGHT),
        refused,
        {
            f"{layer} {what}": call(drive, (f"X-Seatrial-{layer.title()}", what))
            for layer in ("throttle", "process")
            for what in ("raise", "raise-http")
        },
        call(drive),
    )


@scenario("layers-stream", sees=LayersStreamSeen, launch=LAYERS, timed=True, takes=2.0)
def layers_stream(drive: Drive) -> LayersStreamSeen:
    """Watch a stream."""
    return LayersStreamSeen(started(drive), stream(drive))


@scenario("formatters", sees=FormattersSeen, launch=FORMATTERS, takes=0.2)
def formatters(drive: Drive) -> FormattersSeen:
    """Ask the input formatter, and the handler, for everything that they do."""
    return FormattersSeen(
        started(drive),
        call(drive),
        {what: call(drive, ("X-Seatrial-Pre", what)) for what in PRES},
        call(drive, ("X-Seatrial-Do", "http-exception")),
        call(drive, ("X-Seatrial-Do", "exception")),
        call(drive),
    )


@scenario("output-formatter", sees=PostsSeen, launch=FORMATTERS, takes=0.1)
def output_formatter(drive: Drive) -> PostsSeen:
    """Ask the output formatter for everything that it does."""
    return PostsSeen(started(drive), {what: call(drive, ("X-Seatrial-Post", what)) for what in POSTS}, call(drive))


@scenario("formatters-stream", sees=FormatterStreamSeen, launch=FORMATTERS, timed=True, takes=2.0)
def formatters_stream(drive: Drive) -> FormatterStreamSeen:
    """Watch a stream."""
    return FormatterStreamSeen(started(drive), stream(drive))


ENV_LAUNCHES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("env-throttle", ((THROTTLE, "{trial_files}/layers.py:Throttle"),)),
    ("env-process", ((PROCESS, "{trial_files}/layers.py:Layers.process"), PRE, POST)),
    ("env-parts", (PRE, POST)),
    ("env-pre", (PRE,)),
    ("env-post", (POST,)),
)
"""Launches of the script that decorates every layer, with variables that name some of them as well."""


def _register(name: str, env: tuple[tuple[str, str], ...]) -> None:
    launch = LaunchSpec(f"standards-{name}", env=(SCRIPT, *env), trial_files=FILES)

    @scenario(name, sees=EnvLayersSeen, launch=launch, takes=0.1)
    def called(drive: Drive) -> EnvLayersSeen:
        return EnvLayersSeen(started(drive), call(drive))


for _each in ENV_LAUNCHES:
    _register(*_each)


def _register_plain(layer: str) -> None:
    launch = LaunchSpec(
        f"standards-plain-{layer}", env=(SCRIPT, ("SEATRIAL_PLAIN", layer)),
        trial_files=(("model.py", script("sync_layers.py")),),
    )  # fmt: skip

    @scenario(f"plain-{layer}", sees=PlainLayerSeen, launch=launch, starting=True, takes=2.0)
    def called(drive: Drive) -> PlainLayerSeen:
        instance, until = drive.instance, patience(drive)
        ping = drive.ping()
        while (ping.answer is None or ping.status == 503) and not drive.stopping.is_set():
            if not instance.state().running or instance.now() > until:
                break
            drive.stopping.wait(drive.seconds(0.2))
            ping = drive.ping()
        need_time(drive)
        answered = ping.answer is not None
        return PlainLayerSeen(
            answered, call(drive) if answered else None, instance.state(), () if answered else log_tail(drive)
        )


for _layer in ("formatter", "throttle"):
    _register_plain(_layer)


def _send(drive: Drive, method: str, path: str, *headers: tuple[str, str]) -> Exchange:
    return drive.client.send(RawRequest(method, path, (TRACE, *headers)), timeout=drive.seconds(5.0))
