"""Finished trials to render, built by the real constructors from the real catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from seatrial.conformance.boot import Boot, BootEnd, Timeline
from seatrial.conformance.contract import Clause, load_catalogue
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.result import Breakdown, Diagnosis, LaunchReport, Plan, PlannedLaunch, Stop, TrialResult
from seatrial.conformance.subject.launcher import Ability, Image, ServeWord, State, SubjectFacts
from seatrial.conformance.subject.logs import LogBook, LogSummary
from seatrial.conformance.verdict import Level, Untested, Verdict, Word, exit_code, grade
from seatrial.conformance.wire.exchange import Answer, Body, Exchange, Request, Trouble

NAMES = ("certified", "loopback", "warned", "hostile")
CATALOGUE = load_catalogue(("realtime",))
HOST = (("Host", "model.aws.local:8080"), ("User-Agent", "AHC/2.0"))


def body(data: bytes, json: bool | None = None) -> Body:
    return Body(len(data), hashlib.sha256(data).hexdigest(), data[:4096], len(data) > 4096, json)


def ping(at: float, status: int | None = 200, trouble: Trouble | None = None) -> Exchange:
    answer = None
    if status is not None:
        text = b"{}" if status == 200 else b'{"status": "loading"}'
        answer = Answer(status, headers=(("content-type", "application/json"),), body=body(text, json=True))
    detail = "Connection refused" if trouble is Trouble.REFUSED else ""
    return Exchange(Request("GET", "/ping", HOST), answer, trouble, detail, started=at, first_byte=0.003, done=0.004)


def invocation(at: float, status: int = 200, sent: bytes = b"0.1,0.2,0.3\n", got: bytes = b"[9.1]") -> Exchange:
    request = Request("POST", "/invocations", (*HOST, ("Content-Type", "text/csv")), body(sent))
    answer = Answer(status, headers=(("content-type", "application/json"),), body=body(got))
    return Exchange(request, answer, started=at, connected=0.001, sent=0.001, first_byte=0.01, done=0.012)


def boot(launch: str, steps: list[tuple[float, int, Trouble | None, int | None]], *, ready: bool = True) -> Boot:
    """A boot of (begin, number of pings, trouble, status): the pings of a step are half a second apart."""
    line = Timeline()
    for begin, number, trouble, status in steps:
        for i in range(number):
            line.add(ping(begin + i / 2, status, trouble))
    assert line.last is not None
    end = line.last.started + line.last.done
    return Boot(
        launch, BootEnd.READY if ready else BootEnd.WRONG_BIND, end if ready else None, end, tuple(line.runs),
        line.first, line.last, State(running=True),
    )  # fmt: skip


def log(*lines: tuple[float, str]) -> LogSummary:
    book = LogBook(0.0)
    for _, text in lines:
        book.feed(text.encode("utf-8", "surrogateescape") + b"\n", "stderr")
    told = book.summary()
    return replace(told, lines=tuple(replace(x, at=at) for x, (at, _) in zip(told.lines, lines, strict=True)))


GOOD_BOOT = [(0.0, 3, Trouble.REFUSED, None), (1.6, 2, None, 503), (2.7, 1, None, 200)]
GOOD_LOG = log(
    (0.31, "reading /opt/ml/model/abalone.skops (48 kB)"),
    (1.52, "INFO:     Started server process [7]"),
    (1.58, "INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)"),
    (2.64, "model answers its own sample: ready"),
    (4.10, 'INFO:     172.17.0.1:51234 - "POST /invocations HTTP/1.1" 200 OK'),
    (9.80, 'INFO:     172.17.0.1:51240 - "POST /invocations HTTP/1.1" 400 Bad Request'),
    (21.31, "SIGTERM: refusing new work, finishing 2 requests"),
    (22.40, "stopped"),
)
STOP = Stop(
    "main", ((0.0, "SIGTERM sent"), (0.04, "/ping answers 503"), (1.02, "2 calls finished with 200"), (1.1, "exit 0"))
)

IMAGE = Image(
    "abalone:1.4", "sha256:" + hashlib.sha256(b"abalone").hexdigest(), "linux", "amd64", ("python", "-m", "server"),
    env=(("PYTHONUNBUFFERED", "1"), ("PATH", "/usr/local/bin:/usr/bin:/bin")),
    exposed=("8080/tcp",), size_bytes=612_400_000,
    labels=(("com.amazonaws.sagemaker.capabilities.accept-bind-to-port", "true"),),
    serve=ServeWord(("python", "-m", "server", "serve"), "python", "/usr/local/bin/python", executable=True),
)  # fmt: skip
FACTS = TrialFacts(
    SubjectFacts("image", IMAGE.reference, IMAGE.digest, IMAGE.size_bytes, image=IMAGE), frozenset(Ability),
    inputs=frozenset({"sample"}), profiles=("realtime",), seed=7, started="2026-11-23T12:00:00+00:00",
    versions=(("seatrial", "0.1.0"), ("Python", "3.11.7")), settings=(("memory", "8 GiB"), ("start", "480 s")),
)  # fmt: skip
PLAN = Plan(
    (
        PlannedLaunch("main", "connect, pings, invoke", ("connect", "pings", "invoke", "malformed"), 7.0, 14.0),
        PlannedLaunch("stop-busy", "stop with requests in flight", ("stop-busy",), 2.0, 3.0),
        PlannedLaunch("files", "writable model directory", ("files",), 0.0, 2.0),
    ),
    ("image", "labels"),
    (("gpu", "this host has no GPU"), ("steady", "only with --trial-soak")),
)  # fmt: skip
BREAKDOWN = Breakdown(
    48.2, (("main", 2.7), ("stop-busy", 2.9), ("files", 2.6)), (("keep-alive", 6.0), ("pings", 5.0)), 17.4, 0.06, 3, 3
)


SEEN_IN = {"stop.finishes-calls": "stop-busy", "ping.answers-200": "boot", "image.architecture": "image"}


def passed(clause: Clause) -> Verdict:
    facts = {"start.becomes-ready": "first 200 after 2.7 s", "stop.within-30-seconds": "exit 0 after 1.1 s"}
    word, fact = Word.PASS, facts.get(clause.id, "")
    if clause.level is Level.MAY:
        word, fact = Word.OBSERVED, "405 in 0.003 s"
    scenarios = (SEEN_IN.get(clause.id, "invoke"),)
    return Verdict(clause.id, clause.profile, clause.level, word, observed=fact, scenarios=scenarios)


def untested(clause: Clause, kind: Untested, why: str, option: str = "", because: str = "") -> Verdict:
    return Verdict(
        clause.id,
        clause.profile,
        clause.level,
        Word.UNTESTED,
        observed=why,
        untested=kind,
        option=option,
        because=because,
    )


def judged(special: dict[str, Verdict]) -> tuple[Verdict, ...]:
    """Every clause of the profile: special ones as given, those that hang on a broken one untested, the rest kept."""
    verdicts: dict[str, Verdict] = {}

    def judge(clause: Clause) -> Verdict:
        if clause.id in special:
            return special[clause.id]
        for other in clause.depends_on:
            before = verdicts[other]
            if before.word in {Word.FAIL, Word.UNTESTED} and before.untested is not Untested.OUT_OF_REACH:
                root = before.because or other
                return untested(clause, Untested.PREREQUISITE, f"{root} does not hold", before.option, root)
        if clause.id == "image.manifest":
            return untested(clause, Untested.OUT_OF_REACH, "this image does not show manifest")
        return passed(clause)

    left = list(CATALOGUE.judged)
    while left:
        left = [c for c in left if not _settle(c, verdicts, judge)]
    return tuple(verdicts[c.id] for c in CATALOGUE.judged)


def _settle(clause: Any, verdicts: Any, judge: Any) -> bool:
    judged_ids = {c.id for c in CATALOGUE.judged}
    if not set(clause.depends_on) & judged_ids <= set(verdicts):
        return False
    verdicts[clause.id] = judge(clause)
    return True


def trial(verdicts: tuple[Verdict, ...], **changes: object) -> TrialResult:
    """A finished trial with its real grade and exit code."""
    strict = bool(changes.get("strict"))
    word = grade(verdicts, certifiable=True, strict=strict)
    known = {c.id: c for c in CATALOGUE.clauses.values()} | {c.id: c for c in changes.pop("more_clauses", ())}
    result = TrialResult(
        FACTS, CATALOGUE.profiles, tuple(known[v.clause] for v in verdicts), tuple(sorted(CATALOGUE.sources.items())),
        verdicts, (), word, int(exit_code(verdicts, word, strict=strict)), selection=False, strict=strict, plan=PLAN,
        launches=(LaunchReport("main", boot("main", GOOD_BOOT), GOOD_LOG, STOP),), breakdown=BREAKDOWN,
    )  # fmt: skip
    return replace(result, **changes)


@pytest.fixture(scope="session")
def certified() -> TrialResult:
    """An image that keeps everything that is in reach."""
    return trial(judged({}))


@pytest.fixture(scope="session")
def loopback() -> TrialResult:
    """An image whose server listens on loopback only: one failure that hides the rest."""
    proof = tuple(ping(at, None, Trouble.REFUSED) for at in (0.5, 30.0))
    root = Verdict(
        "port.not-loopback", "realtime", Level.MUST, Word.FAIL, "loopback-bind", "200",
        "connection refused for 30.0 s (61 tries)", scenarios=("boot",), proof=proof,
    )  # fmt: skip
    verdicts = judged({root.clause: root})
    hides = sum(v.because == root.clause for v in verdicts)
    cause = Diagnosis(
        "loopback-bind", "the server listens on 127.0.0.1:8080 inside the container", "socket table of pid 7",
        "bind 0.0.0.0 (gunicorn: --bind 0.0.0.0:8080)", (root.clause,), hides,
    )  # fmt: skip
    lines = [(0.4 + i / 10, f"loading part {i} of 11") for i in range(11)]
    lines.append((1.6, "Listening at: http://127.0.0.1:8080"))
    failed = boot("main", [(0.0, 61, Trouble.REFUSED, None)], ready=False)
    return trial(
        verdicts, diagnoses=(cause,), launches=(LaunchReport("main", failed, log(*lines)),),
        breakdown=Breakdown(31.0, (), (), 0.0, 0.02, 1, 3),
    )  # fmt: skip


@pytest.fixture(scope="session")
def warned() -> TrialResult:
    """An image with two broken SHOULDs, and clauses that need what the user did not offer."""
    slow = (Untested.MISSING_INPUT, "no slow-sample was offered", "--trial-slow-sample FILE")
    specials = (
        Verdict(
            "invocations.refuses-malformed", "realtime", Level.SHOULD, Word.WARN, "html-error-page",
            "a 4xx answer with a short reason that is no HTML page", "500 in 0.021 s with 1,204 bytes of text/html",
            scenarios=("malformed",),
            proof=(invocation(9.79, 500, b"\x00\xffnot json", b"<html><h1>Internal Server Error</h1></html>"),),
        ),
        Verdict(
            "image.unbuffered-python", "realtime", Level.SHOULD, Word.WARN, "buffered-log",
            "PYTHONUNBUFFERED set, or prompt logs", "PYTHONUNBUFFERED is not set", scenarios=("image",),
        ),
        untested(CATALOGUE.clauses["invocations.gives-up-in-time"], *slow),
        untested(CATALOGUE.clauses["stop.finishes-calls"], *slow),
    )  # fmt: skip
    return trial(judged({v.clause: v for v in specials}), notes=("2 clauses need --trial-slow-sample FILE.",))


HOSTILE = (
    "<script>window.pwned = 1</script>",
    '"><img src=http://192.0.2.1/x onerror="window.pwned = 2">',
    "</style></pre></script><script>window.pwned = 3</script>",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} ]]> &lt; `code` | pipe",
    "\x1b[31mred\x1b]0;title\x07\x9b2J \u202egnp.exe\u2066 \x00 \ufffe",
    "javascript:window.pwned=4 http://192.0.2.1/ <https://192.0.2.1/>",
)


def hostile_exchange(number: int) -> Exchange:
    words = HOSTILE[number % len(HOSTILE)]
    headers = tuple((f"X-{i}-{words}", words) for i in range(8))
    data = bytes(range(256)) * 16 + words.encode()
    answer = Answer(500, headers=headers, body=Body(10**10, body(data).sha256, data[:4096], cut=True), headers_cut=True)
    request = Request("POST", f"/invocations?{words}", (*HOST, ("X-Custom", words)), body(data))
    return Exchange(request, answer, Trouble.TOO_LARGE, words, started=number / 10, done=0.3)


@pytest.fixture(scope="session")
def hostile() -> TrialResult:
    """Four hundred verdicts on a subject that fills its answers and its log with poison, and a huge log."""
    source = ("aws:hosting#health-check",)
    clauses = tuple(
        Clause(
            f"hostile.clause-{n}",
            list(Level)[n % 3],
            f"Clause {n} holds.",
            source,
            "observed",
            "Mend it.",
            profile="realtime",
        )
        for n in range(400)
    )
    word_of = {Level.MUST: Word.FAIL, Level.SHOULD: Word.WARN, Level.MAY: Word.OBSERVED}
    verdicts = tuple(
        Verdict(
            c.id, c.profile, c.level, word_of[c.level], "poisoned", HOSTILE[n % 6], HOSTILE[(n + 1) % 6],
            scenarios=("invoke",), proof=(hostile_exchange(n), hostile_exchange(n + 1)),
        )
        for n, c in enumerate(clauses)
    )  # fmt: skip
    book = LogBook(0.0)
    for n in range(30_000):
        book.feed(f"{n} {HOSTILE[n % 6]} {'x' * 900}\n".encode("utf-8", "surrogateescape"))
    cause = Diagnosis("poison", HOSTILE[0], HOSTILE[1], HOSTILE[2], (clauses[0].id, clauses[3].id), proven=False)
    stop = Stop("main", tuple((n / 10, HOSTILE[n]) for n in range(6)))
    image = replace(IMAGE, labels=tuple((w, w) for w in HOSTILE), env=tuple((w, w) for w in HOSTILE))
    subject = replace(FACTS.subject, name=HOSTILE[0], image=image)
    return trial(
        verdicts, more_clauses=clauses, diagnoses=(cause,), facts=replace(FACTS, subject=subject), notes=HOSTILE,
        launches=(LaunchReport("main", boot("main", GOOD_BOOT), book.summary(), stop),),
    )  # fmt: skip


@pytest.fixture(scope="session")
def trials(
    certified: TrialResult, loopback: TrialResult, warned: TrialResult, hostile: TrialResult
) -> dict[str, TrialResult]:
    """Every trial by its name."""
    return {"certified": certified, "loopback": loopback, "warned": warned, "hostile": hostile}


@pytest.fixture(params=NAMES)
def any_trial(request: pytest.FixtureRequest, trials: dict[str, TrialResult]) -> TrialResult:
    """Each trial in turn."""
    return trials[request.param]
