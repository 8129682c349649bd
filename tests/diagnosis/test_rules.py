"""The rules on evidence made by hand: which comes first, one cause a fault, and none where nothing is broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnosis.evidence import (
    EXITED,
    FACTS,
    RUNNING,
    answered,
    boot,
    broken,
    failed,
    hidden,
    record,
    tried,
)

from seatrial.conformance.boot import Boot, BootEnd
from seatrial.conformance.diagnosis.autopsy import AFTER_WINDOW, AS_PLATFORM, LOCAL_HOST, PATIENT, on_port
from seatrial.conformance.diagnosis.diagnose import RULES, diagnose
from seatrial.conformance.diagnosis.excuse import excuse
from seatrial.conformance.evidence import Record
from seatrial.conformance.subject.launcher import Listener, OnTerm, Process, ServeWord, State
from seatrial.conformance.verdict import Level, Verdict, Word
from seatrial.conformance.wire.exchange import Trouble

REFUSED = answered(None, Trouble.REFUSED)
NOT_READY = broken("start.becomes-ready")
ENDED = broken("start.stays-up")
GONE = boot(BootEnd.EXITED, REFUSED, state=EXITED, listeners=None, processes=None, outgoing=None)
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/opt/app/serve.py", line 3, in load',
    '  File "/usr/lib/python3.11/site-packages/joblib/x.py", line 9, in load',
    "OSError: [Errno 30] Read-only file system: '/opt/ml/model/cache'",
)


def ids(found: Record, *verdicts: Verdict) -> list[str]:
    return [d.id for d in diagnose(found, verdicts)]


def test_a_late_200_outdoes_an_empty_socket_table():
    late = tried(AFTER_WINDOW, answered(200, started=611.0))
    start = failed(None, Trouble.REFUSED, listeners=(), experiments=(tried(AS_PLATFORM, REFUSED), late))
    (found,) = diagnose(record(start), (NOT_READY,))
    assert found.id == "slow-start"
    assert found.cause == "it became ready after 611 s, and the start window is 480 s"
    assert ids(record(replace(start, autopsy=replace(start.autopsy, experiments=()))), NOT_READY) == ["no-listener"]  # type: ignore[type-var]  # it has an autopsy


def test_a_limit_that_was_hit_outdoes_the_exception_it_caused():
    killed = State(running=False, exit_code=137, oom_killed=True, exited_at=9.0)
    start = replace(GONE, state=killed)
    assert ids(record(start, "MemoryError: cannot allocate"), ENDED) == ["out-of-memory"]
    stopped = replace(GONE, state=replace(killed, oom_killed=False, stopped_for="it wrote 2.0 GiB of log"))
    assert ids(record(stopped, "MemoryError: x"), ENDED) == ["resource-limit"]


def test_a_read_only_directory_outdoes_the_exception_it_caused():
    assert ids(record(GONE, *TRACEBACK), ENDED) == ["read-only-model-dir"]


def test_a_crash_is_placed_in_the_servers_own_code_not_in_a_librarys():
    (found,) = diagnose(record(GONE, *TRACEBACK[:3], "ValueError: bad pickle"), (ENDED,))
    assert found.cause == "the server crashed at /opt/app/serve.py:3: ValueError: bad pickle"
    assert "code 1" in found.proof


def test_a_clean_exit_is_no_crash_whatever_the_log_says():
    start = replace(GONE, state=replace(EXITED, exit_code=0))
    assert ids(record(start, "ValueError: handled"), ENDED) == ["exited"]


def test_a_signal_is_named():
    start = replace(GONE, state=replace(EXITED, exit_code=139))
    assert "139 (a segmentation fault)" in diagnose(record(start), (ENDED,))[0].cause


def test_one_fault_gives_one_cause_and_counts_what_it_hides():
    start = failed(400, experiments=(tried(AS_PLATFORM, answered(400)), tried(LOCAL_HOST, answered(200))))
    verdicts = (
        broken("ping.answers-200"), broken("ping.direct"), hidden("stop.twice", "ping.answers-200"),
        hidden("port.burst", "ping.direct"), hidden("logs.prompt", "image.architecture"),
    )  # fmt: skip
    (found,) = diagnose(record(start), verdicts)
    assert (found.id, found.clauses, found.hides) == ("host-check", ("ping.answers-200", "ping.direct"), 2)


def test_what_is_untested_for_the_same_reason_is_hidden_with_all_that_hangs_on_it():
    start = boot(BootEnd.READY, answered(200))
    late = broken("invocations.within-60-seconds", "invoke", proof=(answered(None, Trouble.TIMEOUT),))
    unknown = hidden("invocations.answers", "")
    verdicts = (late, unknown, hidden("invocations.chunked", unknown.clause), hidden("logs.prompt", "logs.to-stdout"))
    (found,) = diagnose(record(start), verdicts)
    assert (found.id, found.clauses, found.hides) == ("call-hangs", (late.clause,), 2)


def test_two_faults_give_two_causes_the_one_that_fails_and_hides_more_first():
    start = boot(BootEnd.READY, answered(200), processes=(Process(1, 0, ("sh", "-c", "x"), on_term=OnTerm.DEFAULT),))
    late = broken("stop.within-30-seconds", "stop-idle", observed="still running 30 s after SIGTERM")
    busy = broken("ping.under-load", "busy-ping", proof=(answered(None, Trouble.TIMEOUT),))
    verdicts = (busy, late, hidden("stop.twice", late.clause))
    assert ids(record(start), *verdicts) == ["shell-swallows-sigterm", "ping-shares-busy-workers"]


def test_a_cause_behind_a_failure_stands_before_one_behind_many_warnings():
    start = boot(BootEnd.READY, answered(200), processes=(Process(1, 0, ("python3",), on_term=OnTerm.HANDLED),))
    slow = Verdict("stop.while-starting", "realtime", Level.SHOULD, Word.WARN, observed="still running")
    ended = Verdict("stop.within-30-seconds", "realtime", Level.MUST, Word.PASS, observed="exit code 0 after 0.1 s")
    busy = broken("ping.under-load", "busy-ping", proof=(answered(None, Trouble.TIMEOUT),))
    verdicts = (slow, ended, busy, hidden("a.b", slow.clause), hidden("a.c", slow.clause))
    assert ids(record(start), *verdicts) == ["ping-shares-busy-workers", "sigterm-handler-late"]


@pytest.mark.parametrize(
    ("on_term", "cause"),
    [
        (OnTerm.DEFAULT, "sigterm-not-handled"),
        (OnTerm.IGNORED, "sigterm-ignored"),
        (OnTerm.HANDLED, "shutdown-too-slow"),
        (OnTerm.UNKNOWN, "sigterm-not-handled"),
    ],
)
def test_the_signal_table_tells_why_sigterm_was_survived(on_term: OnTerm, cause: str):
    start = boot(BootEnd.READY, answered(200), processes=(Process(1, 0, ("python3", "s.py"), on_term=on_term),))
    (found,) = diagnose(record(start), (broken("stop.within-30-seconds", "stop-idle", observed="still running"),))
    assert (found.id, found.proven) == (cause, on_term is not OnTerm.UNKNOWN)


def test_a_silent_ping_is_told_from_a_slow_one_by_patience():
    silent = tried(AS_PLATFORM, answered(None, Trouble.TIMEOUT))
    slow = failed(None, Trouble.TIMEOUT, experiments=(silent, tried(PATIENT, replace(answered(200), done=7.4))))
    assert "7.4 s" in diagnose(record(slow), (NOT_READY,))[0].cause
    hangs = failed(None, Trouble.TIMEOUT, experiments=(silent, tried(PATIENT, answered(None, Trouble.TIMEOUT))))
    assert ids(record(hangs), NOT_READY) == ["ping-hangs"]


def test_another_port_is_proven_only_when_it_speaks_http():
    elsewhere = (Listener("0.0.0.0", 5000, 1),)
    mute = failed(None, Trouble.REFUSED, listeners=elsewhere)
    assert [d.proven for d in diagnose(record(mute), (NOT_READY,))] == [False]
    speaks = failed(None, Trouble.REFUSED, listeners=elsewhere, experiments=(tried(on_port(5000), answered(200)),))
    assert [(d.id, d.proven) for d in diagnose(record(speaks), (NOT_READY,))] == [("wrong-port", True)]


def test_a_loader_that_is_not_there_is_told_from_an_interpreter():
    word = ServeWord(("serve",), "serve", "/usr/bin/serve", True, "elf", "amd64", "/lib/ld-musl-x86_64.so.1", False)
    image = replace(FACTS.subject.image, serve=word)  # type: ignore[type-var]  # the subject is an image
    facts = replace(FACTS, subject=replace(FACTS.subject, image=image))
    (found,) = diagnose(record(GONE, facts=facts), (broken("image.serve-resolves", "image"),))
    assert found.id == "interpreter-missing"
    assert "needs the loader /lib/ld-musl-x86_64.so.1" in found.cause


def test_what_was_asked_of_a_dead_server_is_explained_by_its_death():
    start = boot(BootEnd.READY, answered(200))
    found = record(start, "Traceback (most recent call last):", "RuntimeError: lost the device")
    found.add("stays-up", "main", {"watched": 3.0, "state": replace(EXITED, exited_at=10.0)})
    found.add("invoke", "main", {})
    before = broken("invocations.cold-call", "invoke", proof=(answered(500, started=4.0),))
    after = broken("invocations.answers", "invoke", proof=(answered(None, Trouble.REFUSED, started=11.0),))
    (cause, *_) = diagnose(found, (broken("start.keeps-running", "stays-up"), before, after))
    assert (cause.id, cause.clauses) == ("crash", ("start.keeps-running", "invocations.answers"))


# -- conditions of the trial


CALLING = ("ConnectTimeoutError: Connection to huggingface.co timed out",)


@pytest.mark.parametrize(
    "line",
    [
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='hf.co'): Max retries exceeded with url: /x",
        "urllib.error.URLError: <urlopen error timed out>",
        "dial tcp: lookup models.example.com: no such host",
        "Error: getaddrinfo ENOTFOUND registry.example.com",
        "curl: (6) Could not resolve host: example.com",
        "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL",
        "OSError: [Errno 101] Network is unreachable",
    ],
)
def test_a_start_that_died_for_the_network_is_excused(line: str):
    found = excuse(record(GONE, line))
    assert found is not None
    assert (found.id, found.option) == ("network-needed-at-start", "--trial-network bridge")
    assert line[:100] in found.proof


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/app/config.json'",
        "ValueError: bad pickle",
        "worker timeout (pid: 7)",
        "TimeoutError: model did not load",
    ],
)
def test_a_start_that_died_of_itself_is_not_excused(line: str):
    assert excuse(record(GONE, line)) is None


def test_a_start_is_not_excused_where_the_network_was_given_or_a_server_is_up():
    assert excuse(record(GONE, *CALLING, facts=replace(FACTS, network="bridge"))) is None
    assert excuse(record(failed(404, experiments=(tried(AS_PLATFORM, answered(404)),)), *CALLING)) is None
    wrong = boot(BootEnd.WRONG_BIND, REFUSED, listeners=(Listener("127.0.0.1", 8080),))
    assert excuse(record(wrong, *CALLING)) is None


def test_a_start_that_waits_for_an_address_outside_is_excused():
    start = failed(None, Trouble.REFUSED, listeners=(), outgoing=("203.0.113.7:443",))
    found = excuse(record(start))
    assert found is not None
    assert "it calls 203.0.113.7:443" in found.proof


def test_a_missing_model_is_excused_unless_one_was_given():
    lines = ("FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/model.pkl'",)
    found = excuse(record(GONE, *lines))
    assert found is not None
    assert (found.id, found.option) == ("model-needed-at-start", "--trial-model-dir DIR")
    assert excuse(record(GONE, *lines, facts=replace(FACTS, inputs=frozenset({"model-dir"})))) is None


# -- nothing to say


LEGAL: dict[str, tuple[Boot, tuple[str, ...]]] = {
    "plain": (boot(BootEnd.READY, answered(200)), ()),
    "a shell with a trap first": (
        boot(BootEnd.READY, answered(200), processes=(Process(1, 0, ("bash", "/serve"), on_term=OnTerm.HANDLED),)), (),
    ),
    "no handler seen": (
        boot(BootEnd.READY, answered(200), processes=(Process(1, 0, ("x",), on_term=OnTerm.DEFAULT),)), (),
    ),
    "management on loopback": (boot(BootEnd.READY, answered(200), listeners=(
        Listener("127.0.0.1", 8080), Listener("0.0.0.0", 8080), Listener("127.0.0.1", 9000))), ()),
    "both families": (
        boot(BootEnd.READY, answered(200), listeners=(Listener("::", 8080), Listener("0.0.0.0", 8080))), (),
    ),
    "telemetry that cannot be reached": (boot(BootEnd.READY, answered(200), outgoing=("192.0.2.1:443",)), CALLING),
    "errors in the log": (boot(BootEnd.READY, answered(200)), TRACEBACK),
    "killed a worker for memory": (boot(BootEnd.READY, answered(200), state=State(running=True, oom_killed=True)), ()),
    "engine socket table unseen": (
        boot(BootEnd.READY, answered(200), listeners=None, processes=None, outgoing=None), (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_nothing_is_diagnosed_where_nothing_is_broken(name: str):
    start, log = LEGAL[name]
    found = record(start, *log)
    holds = Verdict("ping.answers-200", "realtime", Level.MUST, Word.PASS, scenarios=("boot",))
    assert ids(found, holds) == []
    assert excuse(found) is None


@pytest.mark.parametrize("name", LEGAL)
def test_a_failure_with_a_cause_unknown_stays_without_one(name: str):
    start, log = LEGAL[name]
    assert ids(record(start, *log), broken("invocations.chunked", "chunked")) == []


def test_every_rule_holds_its_tongue_on_an_archive_that_was_never_started():
    assert ids(Record(FACTS), broken("image.root-user", "image")) == []


def test_every_rule_may_be_asked_about_a_record_without_an_autopsy():
    start = replace(failed(None, Trouble.REFUSED), autopsy=None, state=RUNNING)
    assert ids(record(start), NOT_READY) == ["never-ready"]
    assert len(RULES) > 20
