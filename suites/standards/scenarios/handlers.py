"""Gives the subject handlers by every source and pair of sources, and asks both routes who answers."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import BootEnd, Drive, Exchange, LaunchSpec, RawRequest, Unobserved, scenario
from seatrial.suites.standards.scenarios.present import PRESENT
from seatrial.suites.standards.scripts import script

__all__ = [
    "BODIES", "ENGINE", "HandlerAnswers", "HandlerDefaults", "HandlersSeen", "TransformsSeen", "source", "start_of",
    "who_answers",
]  # fmt: skip

ENGINE = "engine"
"""Who answers where no handler of ours says that it does."""
PING, INVOCATIONS = "CUSTOM_FASTAPI_PING_HANDLER", "CUSTOM_FASTAPI_INVOCATION_HANDLER"
SCRIPT = ("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py")
JSON = (("Content-Type", "application/json"),)
TIMEOUT = 20.0

BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{ "b" : 1.0,\r\n "a":[1e2, "\xc3\xa9"] }  '),
    ("application/json", b'{"not json'),
    ("text/csv", b"1,2\r\n3,4\r\n"),
    ("text/plain", b"plain"),
    ("", b"no type"),
    ("application/octet-stream", bytes(range(256))),
    ("application/octet-stream", b"seatrial" * (3 << 17)),
)
"""Media type and body of requests that must reach a handler unchanged; the last one has 3 MiB."""


@dataclass(frozen=True)
class HandlersSeen:
    """Who answered the two routes.

    Attributes:
        end: how the start ended.
        ping: `GET /ping`.
        invocations: `POST /invocations` with a small JSON object.
        last: the last lines of the log where the start failed.
    """

    end: BootEnd
    ping: Exchange
    invocations: Exchange
    last: tuple[str, ...]


@dataclass(frozen=True)
class HandlerAnswers:
    """How decorated handlers were asked, and how they answered.

    Attributes:
        who: as for every launch.
        unhealthy: `GET /ping` whose handler was asked for 503.
        created: `POST /invocations` whose handler was asked for 201.
        head, put, delete, post: `/ping` by other methods.
        get: `GET /invocations`.
        bodies: `POST /invocations`, in the order of `BODIES`.
    """

    who: HandlersSeen
    unhealthy: Exchange
    created: Exchange
    head: Exchange
    put: Exchange
    delete: Exchange
    post: Exchange
    get: Exchange
    bodies: tuple[Exchange, ...]


@dataclass(frozen=True)
class HandlerDefaults:
    """The engine's own routes, with a script that overrides neither.

    Attributes:
        ping, get: `GET /ping` and `GET /invocations`.
        post: `POST /ping`.
        invocations: with a valid request; None where none is known.
    """

    ping: Exchange
    get: Exchange
    post: Exchange
    invocations: Exchange | None


@dataclass(frozen=True)
class TransformsSeen:
    """What a handler behind both transforms was sent, and what came of it.

    Attributes:
        end: how the start ended.
        good: a JSON object.
        malformed: bodies that are no JSON: cut short, and empty.
        others: JSON that is no object, and bytes that are no UTF-8.
        tolerated: JSON objects of an unexpected form: (what is odd, the exchange).
        after: a JSON object once more.
        last: the last lines of the log where the start failed.
    """

    end: BootEnd
    good: Exchange
    malformed: tuple[Exchange, ...]
    others: tuple[Exchange, ...]
    tolerated: tuple[tuple[str, Exchange], ...]
    after: Exchange
    last: tuple[str, ...]


def _sources(name: str, sources: str, *, ping: str = "", invocations: str = "") -> LaunchSpec:
    """A launch whose script offers some sources, with variables for one route or both."""
    name = f"standards-{name}"
    named = tuple((variable, value) for variable, value in ((PING, ping), (INVOCATIONS, invocations)) if value)
    return LaunchSpec(
        name,
        env=(SCRIPT, ("SEATRIAL_NONCE", name), ("SEATRIAL_SOURCES", sources), *named),
        trial_files=(("model.py", script("sources.py")),),
    )


BY_VARIABLE = {"ping": "{trial_files}/model.py:ping_by_variable",
               "invocations": "{trial_files}/model.py:invoke_by_variable"}  # fmt: skip

ALL_FOUR = _sources("sources-all", "ping=DS invocations=DS", **BY_VARIABLE)
DECORATED_PING = _sources("sources-decorated-ping", "ping=DTS invocations=S")
NAMED_PING = _sources("sources-named-ping", "ping=S invocations=DTS")
VARIABLE_PING = _sources("sources-variable-ping", "invocations=D", ping=BY_VARIABLE["ping"])
DECORATED_ONLY_PING = _sources("sources-decorator-only", "ping=D", invocations=BY_VARIABLE["invocations"])
PAIRS_ES_ED = _sources("sources-pairs", "ping=S invocations=D", **BY_VARIABLE)
PAIRS_ED_ES = _sources("sources-pairs-crossed", "ping=D invocations=S", **BY_VARIABLE)
ONLY_PING = _sources("sources-only-ping", "ping=D invocations=NR")
ONLY_INVOCATIONS = _sources("sources-only-invocations", "ping=NR invocations=D")
CALLED = LaunchSpec("standards-called-decorator", env=(SCRIPT,), trial_files=(("model.py", script("called.py")),))
TRANSFORMS = LaunchSpec(
    "standards-transforms",
    env=(SCRIPT, ("SEATRIAL_NONCE", "standards-transforms"), ("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "true")),
    trial_files=(("model.py", script("transforms.py")),),
)


def source(exchange: Exchange) -> str:
    """Who answered, by its own word; the engine where nobody says so."""
    return (exchange.answer.header("X-Seatrial-Handler") or ENGINE) if exchange.answer else ""


def start_of(drive: Drive) -> tuple[BootEnd, tuple[str, ...]]:
    """How the start of this launch ended, and the last lines of its log where it failed."""
    end = drive.boot.end if drive.boot else BootEnd.CANCELLED
    mask = drive.client.mask.mask_text
    return end, () if end is BootEnd.READY else tuple(mask(line.text) for line in drive.instance.logs.lines[-5:])


def who_answers(drive: Drive) -> HandlersSeen:
    """Ask both routes once."""
    end, last = start_of(drive)
    return HandlersSeen(end, drive.ping(), _post(drive, b'{"seatrial": 1}', JSON), last)


def _post(
    drive: Drive,
    body: bytes,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    method: str = "POST",
    to: str = "/invocations",
) -> Exchange:
    request = RawRequest(method, to, headers=headers, body=body)
    return drive.client.send(request, timeout=drive.seconds(TIMEOUT))


def _bare(drive: Drive, method: str, target: str, *headers: tuple[str, str]) -> Exchange:
    return drive.client.send(RawRequest(method, target, headers=headers), timeout=drive.seconds(TIMEOUT))


for _name, _launch in (
    ("sources-decorated-ping", DECORATED_PING),
    ("sources-named-ping", NAMED_PING),
    ("sources-variable-ping", VARIABLE_PING),
    ("sources-decorator-only", DECORATED_ONLY_PING),
    ("sources-pairs", PAIRS_ES_ED),
    ("sources-pairs-crossed", PAIRS_ED_ES),
    ("sources-only-ping", ONLY_PING),
    ("sources-only-invocations", ONLY_INVOCATIONS),
    ("called-decorator", CALLED),
):
    scenario(_name, sees=HandlersSeen, launch=_launch, takes=0.2)(who_answers)


@scenario("handler-answers", sees=HandlerAnswers, launch=ALL_FOUR, takes=1.0)
def handler_answers(drive: Drive) -> HandlerAnswers:
    """Ask handlers for statuses, send them odd methods and bodies."""
    return HandlerAnswers(
        who_answers(drive),
        _bare(drive, "GET", "/ping", ("X-Seatrial-Status", "503")),
        _post(drive, b"{}", (*JSON, ("X-Seatrial-Status", "201"))),
        _bare(drive, "HEAD", "/ping"),
        _bare(drive, "PUT", "/ping"),
        _bare(drive, "DELETE", "/ping"),
        _post(drive, b"{}", JSON, to="/ping"),
        _bare(drive, "GET", "/invocations"),
        tuple(_post(drive, body, (("Content-Type", kind),) if kind else ()) for kind, body in BODIES),
    )


@scenario("handler-defaults", sees=HandlerDefaults, launch=PRESENT, takes=0.3)
def handler_defaults(drive: Drive) -> HandlerDefaults:
    """Ask the engine's own routes."""
    try:
        valid = drive.invoke(drive.sample)
    except Unobserved:
        valid = None
    return HandlerDefaults(
        drive.ping(), _bare(drive, "GET", "/invocations"), _post(drive, b"{}", JSON, to="/ping"), valid
    )


@scenario("transforms", sees=TransformsSeen, launch=TRANSFORMS, takes=0.5)
def transforms(drive: Drive) -> TransformsSeen:
    """Send JSON of every form."""
    end, last = start_of(drive)
    text = '{"seatrial": "\u00e9"}'
    return TransformsSeen(
        end,
        _post(drive, text.encode(), JSON),
        tuple(_post(drive, body, JSON) for body in (b'{"seatrial', b"")),
        tuple(_post(drive, body, JSON) for body in (b"[1]", b'"s"', b"5", b'{"a": "\xff"}')),
        (
            ("Content-Type: text/csv", _post(drive, text.encode(), (("Content-Type", "text/csv"),))),
            ("no Content-Type", _post(drive, text.encode())),
            ("a byte order mark", _post(drive, text.encode("utf-8-sig"), JSON)),
            ("UTF-16", _post(drive, text.encode("utf-16"), JSON)),
            ("NaN", _post(drive, b'{"seatrial": NaN}', JSON)),
        ),
        _post(drive, text.encode(), JSON),
        last,
    )
