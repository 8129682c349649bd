"""Watches the order in which customer files are loaded, and whether what they registered is really mounted.

The override is compared by its body: an engine's own /ping is a 200 as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import BootEnd, Drive, Exchange, LaunchSpec, RawRequest, scenario
from seatrial.suites.standards.scenarios.logs import QUIET
from seatrial.suites.standards.scenarios.probing import deed, header
from seatrial.suites.standards.scripts import script

__all__ = ["LOADED", "LateSeen", "LoadOrderSeen", "OverrideSeen", "Versions"]

LOADED = ("model", "throttle", "pre", "post", "invocation", "ping")
"""The files of the launch, in the order in which they must be loaded."""
MARK = "seatrial-boot "
PATIENCE = 2.0

_FILES = {
    "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE": "throttle.py:layer",
    "CUSTOM_PRE_PROCESS": "pre.py:before",
    "CUSTOM_POST_PROCESS": "post.py:after",
    "CUSTOM_FASTAPI_INVOCATION_HANDLER": "invocation.py:handler",
    "CUSTOM_FASTAPI_PING_HANDLER": "ping.py:handler",
}
ORDER = LaunchSpec(
    "standards-load-order",
    env=(
        ("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py"),
        *((name, f"{{trial_files}}/{value}") for name, value in _FILES.items()),
    ),
    trial_files=tuple((f"{name}.py", script("told_order.py")) for name in LOADED),
)


@dataclass(frozen=True)
class LoadOrderSeen:
    """In which order files said that they were being imported.

    Attributes:
        end: how the start ended.
        files: their names without `.py`, each as often as it said so.
    """

    end: BootEnd
    files: tuple[str, ...]


@dataclass(frozen=True)
class Versions:
    """What the mounted script reports of the packages around it; empty where it could not."""

    fastapi: str = ""
    starlette: str = ""
    standards: str = ""

    def __str__(self) -> str:
        return f"fastapi {self.fastapi}, starlette {self.starlette}, standards {self.standards}"


@dataclass(frozen=True)
class OverrideSeen:
    """What answered where a script overrides both routes.

    Attributes:
        nonce: of the launch, which the script's answers carry.
        ping: GET /ping.
        call: POST /invocations.
        versions: as the script reports them.
    """

    nonce: str
    ping: Exchange
    call: Exchange
    versions: Versions

    @property
    def lost(self) -> tuple[Exchange, ...]:
        """The answers that are not the script's, although its throttle stamped them."""
        routes = (("ping", self.ping), ("invocations", self.call))
        return tuple(one for word, one in routes if not _is(one, f"{word} {self.nonce}"))


@dataclass(frozen=True)
class LateSeen:
    """GET /ping before and after a handler was registered while the server was running."""

    registered: Exchange
    before: Exchange
    after: Exchange


def _is(exchange: Exchange, text: str) -> bool:
    return exchange.answer is not None and exchange.answer.body.text == text


@scenario("standards-load-order", sees=LoadOrderSeen, launch=ORDER, takes=0.2)
def load_order(drive: Drive) -> LoadOrderSeen:
    """Read the lines that the files printed."""
    drive.until(lambda: len(_told(drive)) >= len(LOADED), PATIENCE)
    return LoadOrderSeen(drive.boot.end if drive.boot else BootEnd.CANCELLED, _told(drive))


def _told(drive: Drive) -> tuple[str, ...]:
    lines = (line.text for line in drive.instance.logs.lines)
    return tuple(text.partition(MARK)[2].split()[0] for text in lines if MARK in text)


@scenario("standards-override", sees=OverrideSeen, launch=QUIET, takes=0.2)
def override(drive: Drive) -> OverrideSeen:
    """Ask both routes."""
    ping = drive.ping()
    headers = (("Content-Type", "application/json"),)
    call = drive.client.send(
        RawRequest("POST", "/invocations", headers=headers, body=b"{}"), timeout=drive.seconds(60.0)
    )
    said = dict(word.partition("=")[::2] for word in header(ping, "X-Seatrial-Versions").split())
    known = {name: said.get(name, "") for name in ("fastapi", "starlette", "standards")}
    return OverrideSeen(QUIET.name, ping, call, Versions(**known))


@scenario("standards-late", sees=LateSeen, launch=QUIET, takes=0.2)
def late(drive: Drive) -> LateSeen:
    """Have the script register another handler, and ask again."""
    before = drive.ping()
    registered = deed(drive, "register")
    return LateSeen(registered, before, drive.ping())
