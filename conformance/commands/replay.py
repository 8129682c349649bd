"""`seatrial replay ID`: sends the request behind a finding once more, and shows what came of it then and now.

Where the finding is a program (a lifecycle that was explored), the whole program is driven again.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.conformance.commands.certify import add_trial_options
from seatrial.conformance.commands.up import LAUNCH_OPTIONS
from seatrial.conformance.drive import Drive
from seatrial.conformance.lifecycle import LIFECYCLES, run_program
from seatrial.conformance.options import OptionError
from seatrial.conformance.plugin import OPTIONS, SUBJECTS
from seatrial.conformance.program import Program, Trace
from seatrial.conformance.scenario import load_suite
from seatrial.conformance.session.options import read_options
from seatrial.conformance.session.subject import prepared, redactor_of, trial_facts
from seatrial.conformance.subject.launcher import LaunchSpec, SubjectError
from seatrial.conformance.wire.exchange import Exchange
from seatrial.conformance.wire.rawhttp import Client, RawRequest
from seatrial.conformance.wire.transcript import transcript

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.subject.launcher import Instance, Launcher

__all__ = ["Replay", "add_arguments", "raw_request", "run"]

RUNNABLE = tuple(option for option in SUBJECTS if option.name in {"trial-image", "trial-process", "trial-endpoint"})
INSECURE = tuple(option for option in OPTIONS if option.name == "trial-insecure")
PING_TIMEOUT, TIMEOUT = 2.0, 60.0


class Replay(msgspec.Struct, frozen=True):
    """What of a replay file is needed to send its request again."""

    clause: str
    expected: str
    observed: str
    subject_kind: str
    subject: str
    launch: LaunchSpec
    exchange: Exchange
    lifecycle: str = ""
    program: Program = ()
    profile: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The finding, and the subject where it is another one than then."""
    parser.add_argument("id", metavar="ID", help="as the report shows it")
    parser.add_argument(
        "--report", metavar="DIR", type=Path, default=Path("seatrial-report"), help="where the report lies"
    )
    add_trial_options(parser, (*RUNNABLE, *INSECURE, *LAUNCH_OPTIONS))


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Send it; 0 where an answer came, 1 where none did."""
    given = vars(parser.parse_args(words))
    replay = _read(given["report"] / "replays" / f"{given['id']}.json")
    request = None if replay.program else raw_request(replay.exchange)
    if not any(given[option.name] for option in RUNNABLE):
        given[f"trial-{replay.subject_kind}"] = replay.subject
    options = read_options(given.get)
    with prepared(options) as (launcher, subject), _afloat(launcher, options, replay.launch) as (instance, client):
        if request is None:
            facts = trial_facts(options, launcher, subject, profiles=(replay.profile,))
            trace = drive_again(replay, instance, client, facts, options)
        else:
            now = client.send(request, timeout=TIMEOUT)
    sys.stdout.write(f"{replay.clause}: expected {replay.expected}, observed then: {replay.observed}\n\n")
    if request is None:
        sys.stdout.write(f"now\n{_told(trace)}\n{verdict_on(replay, trace)}\n")
        return int(any(exchange.answer is None for exchange in trace.exchanges))
    sys.stdout.write(f"then\n{transcript(replay.exchange)}\n\nnow\n{transcript(now)}\n")
    return int(now.answer is None)


def drive_again(replay: Replay, instance: Instance, client: Client, facts: TrialFacts, options: TrialOptions) -> Trace:
    """Drive the program of a replay file.

    Raises:
        OptionError: the suites of this version know no such lifecycle.
    """
    load_suite([replay.profile])
    lifecycle = LIFECYCLES.get(replay.lifecycle)
    if lifecycle is None:
        raise OptionError(f"no lifecycle is called {replay.lifecycle!r} in this version: replay it with the older one")
    never = threading.Event()
    drive = Drive(
        instance, client, facts=facts, options=options, boot=None, samples=None, known=(), stopping=never, over=never
    )
    return run_program(lifecycle.begin(drive), replay.program)


def verdict_on(replay: Replay, trace: Trace) -> str:
    """What the lifecycle's judge says of a trace, in one sentence."""
    try:
        LIFECYCLES[replay.lifecycle].judge(trace)
    except AssertionError as broken:
        return f"still broken: {broken}"
    return "this time it holds"


def _told(trace: Trace) -> str:
    lines = []
    for number, steps in enumerate(trace.rounds, 1):
        for taken in steps:
            came = taken.exchange.summary if taken.exchange else "nothing was sent"
            step = taken.step
            about = f" {taken.about}" if taken.about else ""
            lines.append(
                f"  {number}  {step.action}({step.target}{f' {step.value}' if step.value else ''}){about}: {came}"
            )
    return "\n".join(lines)


def raw_request(exchange: Exchange) -> RawRequest:
    """The request of an exchange, to be sent with the same bytes.

    Raises:
        OptionError: only the head of its body was kept.
    """
    request = exchange.request
    if request.body.cut:
        raise OptionError(
            f"this request had a body of {request.body.length} bytes and the report keeps the first "
            f"{len(request.body.head)}: run the trial again to see it, with -k and the clause's id"
        )
    chunked = (request.header("Transfer-Encoding") or "").lower() == "chunked"
    return RawRequest(
        request.method,
        request.target,
        headers=request.headers,
        body=request.body.head,
        version="1.0" if request.version == "1.0" else "1.1",
        framing="chunked" if chunked else "none",
        without=("Host", "User-Agent"),
    )


@contextlib.contextmanager
def _afloat(launcher: Launcher, options: TrialOptions, spec: LaunchSpec) -> Iterator[tuple[Instance, Client]]:
    """One instance, started as then and ready."""
    instance = launcher.launch(spec)
    try:
        origin = time.monotonic() - instance.now()
        client = Client(instance.address, origin=origin, mask=redactor_of(options), verify=not options.insecure)
        _wait_until_ready(instance, client, options.startup_timeout)
        yield instance, client
    finally:
        instance.stop()


def _wait_until_ready(instance: Instance, client: Client, window: float) -> None:
    """Wait for the first 200 of `/ping`; a subject that never gives one is sent the request all the same."""
    while instance.now() < window and client.get("/ping", timeout=PING_TIMEOUT).status != 200:
        state = instance.state()
        if not state.running:
            raise SubjectError(f"the subject exited with code {state.exit_code} before it was ready; see `seatrial up`")
        time.sleep(0.05)


def _read(path: Path) -> Replay:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Replay)
    except OSError as error:
        found = sorted(p.stem for p in path.parent.glob("*.json"))
        there: Any = f"there are {', '.join(found[:10])}" if found else "name the report with --report DIR"
        raise OptionError(f"{path} cannot be read ({error.strerror}); {there}") from error
    except msgspec.DecodeError as error:
        raise OptionError(f"{path} is no replay file ({error}); name the report with --report DIR") from error
