"""Names handlers and scripts in every documented way, and looks which file answers, and how often each was executed."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import BootEnd, Drive, Exchange, LaunchSpec, RawRequest, scenario
from seatrial.suites.standards.scenarios.handlers import INVOCATIONS, JSON, PING, start_of
from seatrial.suites.standards.scripts import script

__all__ = ["EagerSeen", "SpecSeen", "file_of"]

MODEL_PATH, SCRIPT_NAME = "SAGEMAKER_MODEL_PATH", "CUSTOM_SCRIPT_FILENAME"
TEXT = script("spec.py")
TIMEOUT = 20.0
EAGER_WITHIN, LONGER = 20.0, 4.0
"""Contract seconds in which a script must be run by itself, and times the main launch's start."""
LOADED = "seatrial-loaded"
SETTLE = 0.5


@dataclass(frozen=True)
class SpecSeen:
    """Which files answered.

    Attributes:
        end: how the start ended.
        ping: `GET /ping`.
        invocations: `POST /invocations` with a small JSON object.
        loaded: the files that told of their import, in order, each as often as it did.
        last: the last lines of the log where the start failed.
    """

    end: BootEnd
    ping: Exchange
    invocations: Exchange
    loaded: tuple[str, ...]
    last: tuple[str, ...]


@dataclass(frozen=True)
class EagerSeen:
    """Whether a script was run although nobody asked the server for anything.

    Attributes:
        loaded: whether it told of its import.
        waited: seconds from the launch until it did, or until nobody waited longer.
        running: whether the server still ran then.
    """

    loaded: bool
    waited: float
    running: bool


def _spec(
    name: str, *env: tuple[str, str], files: tuple[str, ...], more: tuple[tuple[str, str], ...] = ()
) -> LaunchSpec:
    name = f"standards-spec-{name}"
    given = (*((file, TEXT) for file in files), *more)
    return LaunchSpec(name, env=(("SEATRIAL_NONCE", name), *env), trial_files=given)


MOVED = (MODEL_PATH, "{trial_files}")
SIBLING = ("seatrial_sibling.py", 'NAME = "sibling"\n')

CUSTOM = _spec(
    "custom", MOVED, (SCRIPT_NAME, "sub/custom.py"), (PING, "model:ping"), (INVOCATIONS, "  sub/h.py:Holder.invoke  "),
    files=("model.py", "sub/custom.py", "sub/h.py"),
)  # fmt: skip
RELATIVE = _spec(
    "relative", MOVED, (PING, "sub/../o.py:ping"), (INVOCATIONS, "h.py:invoke"),
    files=("model.py", "o.py", "h.py", "sub/o.py"),
)  # fmt: skip
ONCE = _spec(
    "once", MOVED, (PING, "model:ping"), (INVOCATIONS, "model.py:invoke"),
    ("CUSTOM_PRE_PROCESS", "{trial_files}/model.py:pre"), files=("model.py",), more=(SIBLING,),
)  # fmt: skip
ABSOLUTE = _spec(
    "absolute", (MODEL_PATH, "{trial_files}/elsewhere"), (PING, "{trial_files}/apart/h.py:ping"),
    (INVOCATIONS, "{trial_files}/apart/h.py:invoke"), (SCRIPT_NAME, "{trial_files}/far/model.py"),
    files=("apart/h.py", "far/model.py", "elsewhere/model.py"),
)  # fmt: skip
MODULES = _spec(
    "modules", (SCRIPT_NAME, "{trial_files}/model.py"), (PING, "platform:python_implementation"),
    (INVOCATIONS, "multiprocessing.process:active_children"), files=("model.py",),
)  # fmt: skip
EMPTY = LaunchSpec(
    "standards-spec-empty",
    env=((SCRIPT_NAME, "{trial_files}/model.py"), ("SEATRIAL_NONCE", "standards-spec-empty"),
         ("SEATRIAL_SOURCES", "ping=D invocations=S"), (PING, ""), (INVOCATIONS, "")),
    trial_files=(("model.py", script("sources.py")),),
)  # fmt: skip
DISCOVERED = LaunchSpec(
    "standards-spec-discovered", env=(("SEATRIAL_NONCE", "standards-spec-discovered"),),
    model_files=(("model.py", script("discovered.py")),),
)  # fmt: skip
MISSING = _spec("missing", MOVED, (SCRIPT_NAME, "seatrial_absent.py"), files=("other.py",))
NO_NAME = _spec("no-name", MOVED, (SCRIPT_NAME, ""), files=("other.py",))
SIBLING_MODULE = _spec("sibling-module", MOVED, (PING, "seatrial_far:ping"), files=("model.py", "seatrial_far.py"))
MALFORMED = _spec("malformed", MOVED, (PING, "ping"), (INVOCATIONS, "model.py:a:b"), files=("model.py",))
ROUTER = _spec("router", MOVED, (PING, "/health"), files=("model.py",))
EAGER = _spec("eager", MOVED, (PING, "model.py:ping"), files=("model.py",))


def file_of(exchange: Exchange) -> str:
    """The file whose handler answered; empty where none of ours did."""
    return (exchange.answer.header("X-Seatrial-File") or "") if exchange.answer else ""


def _look(drive: Drive) -> SpecSeen:
    end, last = start_of(drive)
    ping = drive.ping()
    post = drive.client.send(
        RawRequest("POST", "/invocations", headers=JSON, body=b'{"seatrial": 1}'), timeout=drive.seconds(TIMEOUT)
    )
    drive.until(lambda: bool(_loaded(drive)), SETTLE)
    return SpecSeen(end, ping, post, _loaded(drive), last)


def _loaded(drive: Drive) -> tuple[str, ...]:
    mark = f"{LOADED} {drive.instance.spec.name} "
    return tuple(
        line.text.partition(mark)[2].strip() for line in drive.instance.logs.lines if mark in line.text
    )  # fmt: skip


for _name, _launch in (
    ("spec-custom", CUSTOM),
    ("spec-relative", RELATIVE),
    ("spec-once", ONCE),
    ("spec-absolute", ABSOLUTE),
    ("spec-modules", MODULES),
    ("spec-empty", EMPTY),
    ("spec-discovered", DISCOVERED),
    ("spec-missing", MISSING),
    ("spec-no-name", NO_NAME),
    ("spec-sibling-module", SIBLING_MODULE),
    ("spec-malformed", MALFORMED),
    ("spec-router", ROUTER),
):
    scenario(_name, sees=SpecSeen, launch=_launch, takes=0.2)(_look)


@scenario("spec-eager", sees=EagerSeen, launch=EAGER, starting=True, takes=2.0)
def eager(drive: Drive) -> EagerSeen:
    """Send nothing, and wait for the script to tell of its import."""
    tried = drive.samples.tried if drive.samples else ()
    good = min((seen.first.started for seen in tried), default=0.0)
    until = max(drive.seconds(EAGER_WITHIN), LONGER * good)
    while not _loaded(drive) and drive.instance.now() < until and not drive.stopping.is_set():
        if not drive.instance.state().running:
            break
        drive.stopping.wait(0.02)
    return EagerSeen(bool(_loaded(drive)), drive.instance.now(), drive.instance.state().running)
