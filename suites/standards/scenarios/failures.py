"""Starts that must fail, or say in the log what they leave out: each with a customer's file that is broken in one way.

Such a start is driven from its first moment. A server that ends has failed; one that lives on is watched for longer
than the main launch took to become ready, because what is not healthy by then waits for nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Ability, Drive, Exchange, LaunchSpec, RawRequest, State, scenario
from seatrial.suites.realtime.scenarios.start import log_tail, need_time
from seatrial.suites.standards.scripts import script

__all__ = ["TOKEN", "BrokenStart", "MiddlewareTypo", "patience"]

TOKEN = "seatrial_absent"  # noqa: S105  # what the log must name, no secret
"""Stands in the name of whatever is broken, so that the log's reason can be told from any other line."""

PING_EVERY = 0.2
AT_LEAST, LONGER, AFTER = 8.0, 2.0, 3.0
"""Contract seconds for which a server that lives on is watched, times the main launch's start, and seconds more."""
LOG_WAIT = 2.0

HANDLERS = ("model.py", script("failures.py"))
PING, INVOCATIONS = "CUSTOM_FASTAPI_PING_HANDLER", "CUSTOM_FASTAPI_INVOCATION_HANDLER"
THROTTLE = "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE"
PROCESS = "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"
PRE = "CUSTOM_PRE_PROCESS"
SCRIPT = ("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py")
MIDDLEWARE_IMPORT = "from model_hosting_container_standards.common.fastapi.middleware import"


@dataclass(frozen=True)
class BrokenStart:
    """A start that must not become healthy.

    Attributes:
        what: what is broken, in words.
        watched: seconds from the launch to the last look.
        enough: whether a server that lives on was watched for longer than the main launch took to become ready.
        healthy: the first ping that was answered 200; None where none was.
        last: the last ping.
        state: at the last look.
        named: the first line of the log that names what is broken; empty where none does.
        log: the last lines of the log.
    """

    what: str
    watched: float
    enough: bool
    healthy: Exchange | None
    last: Exchange
    state: State
    named: str
    log: tuple[str, ...]


@dataclass(frozen=True)
class MiddlewareTypo:
    """A start with a variable of a layer that names nothing.

    Attributes:
        start: how it went; healthy where the layer was left out.
        error: the first line of the log that names what is broken and says that it is an error.
        call: a call, where it became healthy.
    """

    start: BrokenStart
    error: str
    call: Exchange | None


def _launch(name: str, *env: tuple[str, str], files: tuple[tuple[str, str], ...] = (HANDLERS,)) -> LaunchSpec:
    return LaunchSpec(f"standards-{name}", env=(SCRIPT, *env), trial_files=files)


def _model(text: str) -> tuple[tuple[str, str], ...]:
    return (("model.py", text),)


STARTS: tuple[tuple[str, str, LaunchSpec], ...] = (
    ("handler-file", "the variable of the ping handler names a file that is not there",
     _launch("handler-file", (PING, f"{{trial_files}}/{TOKEN}.py:ping"))),
    ("handler-function", "the variable of the ping handler names a function that its file does not hold",
     _launch("handler-function", (PING, f"{{trial_files}}/model.py:{TOKEN}"))),
    ("handler-module", "the variable of the ping handler names a module that is not there",
     _launch("handler-module", (PING, f"{TOKEN}:ping"))),
    ("handler-number", "the variable of the ping handler names a number",
     _launch("handler-number", (PING, f"{{trial_files}}/model.py:{TOKEN}_function"))),
    ("script-syntax", "the script is not Python",
     _launch("script-syntax", files=_model(f"def {TOKEN}(:\n"))),
    ("script-import", "the script imports a module that is not there",
     _launch("script-import", files=_model(f"import {TOKEN}\n"))),
    ("script-raises", "the script raises while it is imported",
     _launch("script-raises", files=_model(f'raise RuntimeError("{TOKEN}")\n'))),
    ("handler-file-raises", "the file that the variable of the ping handler names raises while it is imported",
     _launch("handler-file-raises", (PING, "{trial_files}/other.py:ping"),
             files=(HANDLERS, ("other.py", f'raise RuntimeError("{TOKEN}")\n')))),
    ("named-function-number", "custom_sagemaker_ping_handler is a number",
     _launch("named-function-number", files=_model("custom_sagemaker_ping_handler = 5\n"))),
    ("named-function-none", "custom_sagemaker_ping_handler is None",
     _launch("named-function-none", files=_model("custom_sagemaker_ping_handler = None\n"))),
    ("invocation-handler-file", "the variable of the invocation handler names a file that is not there",
     _launch("invocation-handler-file", (INVOCATIONS, f"{{trial_files}}/{TOKEN}.py:invoke"))),
    ("class-without-app", "the class of the throttle takes no application",
     _launch("class-without-app", files=_model(
         f'{MIDDLEWARE_IMPORT} custom_middleware\n\n\n@custom_middleware("throttle")\nclass {TOKEN}:\n'
         "    def __init__(self):\n        pass\n"))),
    ("unknown-layer", "the script decorates a layer of a name that does not exist",
     _launch("unknown-layer", files=_model(
         f'{MIDDLEWARE_IMPORT} custom_middleware\n\n\n@custom_middleware("{TOKEN}")\n'
         "async def layer(request, call_next):\n    return await call_next(request)\n"))),
    ("two-throttles", "the script decorates two throttles",
     _launch("two-throttles", files=_model(
         f"{MIDDLEWARE_IMPORT} custom_middleware\n\n\n"
         '@custom_middleware("throttle")\nasync def one(request, call_next):\n    return await call_next(request)\n\n\n'
         '@custom_middleware("throttle")\nasync def two(request, call_next):\n    return await call_next(request)\n'))),
    ("two-formatters", "the script decorates two input formatters",
     _launch("two-formatters", files=_model(
         f"{MIDDLEWARE_IMPORT} input_formatter\n\n\n"
         "@input_formatter\nasync def one(request):\n    return request\n\n\n"
         "@input_formatter\nasync def two(request):\n    return request\n"))),
)  # fmt: skip
"""Each start that must fail: its name, what is broken, and the launch."""

NAMED = {
    "script-syntax": (TOKEN, "syntaxerror", "syntax error"),
    "named-function-number": ("custom_sagemaker_ping_handler",),
    "named-function-none": ("custom_sagemaker_ping_handler",),
    "two-throttles": ("throttle",),
    "two-formatters": ("input_formatter", "input formatter"),
}
"""What the log must name, in lower case, where the broken thing cannot be called as we like: one of these."""

TYPOS: tuple[tuple[str, str, LaunchSpec], ...] = (
    ("throttle-file", "the variable of the throttle names a file that is not there",
     _launch("throttle-file", (THROTTLE, f"{{trial_files}}/{TOKEN}.py:throttle"))),
    ("process-function", "the variable of the layer before and after the handler names a function that is not there",
     _launch("process-function", (PROCESS, f"{{trial_files}}/model.py:{TOKEN}"))),
    ("pre-module", "the variable of the part before the handler names a module that is not there",
     _launch("pre-module", (PRE, f"{TOKEN}:pre"))),
)  # fmt: skip
"""Each start with a variable of a layer that names nothing."""


def _register_start(name: str, what: str, launch: LaunchSpec) -> None:
    @scenario(f"failure-{name}", sees=BrokenStart, launch=launch, starting=True, takes=2.0)
    def watch(drive: Drive) -> BrokenStart:
        return watch_start(drive, what, NAMED.get(name, (TOKEN,)))


def _register_typo(name: str, what: str, launch: LaunchSpec) -> None:
    @scenario(f"typo-{name}", sees=MiddlewareTypo, launch=launch, starting=True, takes=2.0)
    def watch(drive: Drive) -> MiddlewareTypo:
        start = watch_start(drive, what, (TOKEN,))
        call = None
        if start.healthy is not None:
            call = drive.client.send(RawRequest("POST", "/invocations", body=b"{}"), timeout=drive.seconds(5.0))
        return MiddlewareTypo(start, _error(drive), call)


for _each in STARTS:
    _register_start(*_each)
for _each in TYPOS:
    _register_typo(*_each)


def watch_start(drive: Drive, what: str, names: tuple[str, ...]) -> BrokenStart:
    """Ping until the server exits, answers 200, or has had more than the time of a good start."""
    instance = drive.instance
    until = patience(drive)
    healthy, ping = None, drive.ping()
    while not drive.stopping.is_set():
        if ping.status == 200 and ping.trouble is None:
            healthy = ping
            break
        if not instance.state().running or instance.now() >= until:
            break
        drive.stopping.wait(drive.seconds(PING_EVERY))
        ping = drive.ping()
    need_time(drive)
    if Ability.LOGS in drive.facts.abilities and not instance.state().running:
        drive.until(lambda: bool(_line(drive, names)), LOG_WAIT)
    return BrokenStart(
        what, instance.now(), instance.now() >= until, healthy, ping, instance.state(), _line(drive, names),
        log_tail(drive),
    )  # fmt: skip


def patience(drive: Drive) -> float:
    """Seconds from its launch for which a server is watched; the main one was ready when its first sample was sent."""
    tried = drive.samples.tried if drive.samples else ()
    good = min((seen.first.started for seen in tried), default=0.0)
    return max(drive.seconds(AT_LEAST), LONGER * good + drive.seconds(AFTER))


def _line(drive: Drive, names: tuple[str, ...]) -> str:
    lines = (line.text for line in drive.instance.logs.lines)
    found = next((text for text in lines if any(name in text.lower() for name in names)), "")
    return drive.client.mask.mask_text(found.strip()[:300])


def _error(drive: Drive) -> str:
    lines = (line.text for line in drive.instance.logs.lines)
    found = next((text for text in lines if TOKEN in text and "error" in text.lower()), "")
    return drive.client.mask.mask_text(found.strip()[:300])
