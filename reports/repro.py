"""How a finding is shown again: a curl line to paste, and a replay file that `seatrial replay ID` sends once more.

A replay is plain data: the request, the launch that it needs, the clause and what it expects. Nothing is sent here.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from seatrial.conformance.program import Program, told
from seatrial.conformance.scenario import SCENARIOS
from seatrial.conformance.subject.launcher import Address, LaunchSpec
from seatrial.conformance.verdict import Verdict, Word
from seatrial.conformance.wire.curl import curl_line
from seatrial.conformance.wire.exchange import Exchange, Request
from seatrial.reports.digest import launch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.result import TrialResult

__all__ = ["FORMAT", "Replay", "address_of", "curl_of", "read_replay", "replay_ids", "replays"]

FORMAT = 1
SHORTEST, LONGEST = 4, 6


@dataclass(frozen=True)
class Replay:
    """One exchange that can be sent again.

    Attributes:
        id: four to six letters and digits, the same whenever the same request breaks the same clause.
        clause: the broken clause.
        reason: its named reason.
        expected: what the contract expects, in words.
        observed: what was seen then.
        subject_kind: `image`, `process`, `endpoint`.
        subject: as the user named it.
        launch: how the instance was started.
        scenario: that recorded it; empty where none is known.
        exchange: what was sent, and what came of it. A body that was cut (`request.body.cut`) cannot be sent as it was.
        lifecycle: of the program that the exchange is the last one of; empty where it stands for itself.
        program: that is driven again in the place of the one exchange.
        profile: whose suite knows the lifecycle.
        format: version of this file's form.
    """

    id: str
    clause: str
    reason: str
    expected: str
    observed: str
    subject_kind: str
    subject: str
    launch: LaunchSpec
    scenario: str
    exchange: Exchange
    format: int = FORMAT
    lifecycle: str = ""
    program: Program = ()
    profile: str = ""


def replays(result: TrialResult) -> tuple[Replay, ...]:
    """Every exchange that proves a broken clause, in the order of the verdicts."""
    ids = replay_ids(result)
    return tuple(_replay(result, verdict, exchange, ids[key]) for verdict, exchange, key in _proofs(result))


def replay_ids(result: TrialResult) -> dict[tuple[str, str], str]:
    """The ids of all replays, by clause and digest of the request; as short as they can be without two being equal."""
    digests = {key: _digest(*key) for _, _, key in _proofs(result)}
    for length in range(SHORTEST, LONGEST + 1):
        ids = {key: digest[:length] for key, digest in digests.items()}
        if len(set(ids.values())) == len(ids):
            break
    return ids


def ids_of(verdict: Verdict, ids: dict[tuple[str, str], str]) -> tuple[str, ...]:
    """The replay ids of one verdict, one for each exchange of its proof, in order, none twice."""
    found = (ids.get(_key(verdict, exchange), "") for exchange in verdict.proof)
    return tuple(dict.fromkeys(i for i in found if i))


def read_replay(text: bytes) -> Replay:
    """Read a replay file.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return msgspec.json.decode(text, type=Replay)


def curl_of(result: TrialResult, verdict: Verdict, exchange: Exchange) -> str:
    """The curl line that sends an exchange again."""
    return curl_line(exchange, address_of(result, launch_of(result, verdict)))


def address_of(result: TrialResult, launch: str) -> Address:
    """Where a launch was dialled; where that is not known, an endpoint's own address, or port 8080 on loopback."""
    known = next((one.address for one in result.launches if one.name == launch), None)
    if known is not None:
        return known
    if result.facts.subject.kind == "endpoint":
        url = urlsplit(result.facts.subject.name)
        tls = url.scheme == "https"
        return Address(url.hostname or "127.0.0.1", url.port or (443 if tls else 80), tls, url.path.rstrip("/"))
    return Address("127.0.0.1")


def _proofs(result: TrialResult) -> Iterator[tuple[Verdict, Exchange, tuple[str, str]]]:
    seen: set[tuple[str, str]] = set()
    for verdict in result.of(Word.FAIL, Word.WARN):
        for exchange in verdict.proof[-1:] if verdict.program else verdict.proof:
            key = _key(verdict, exchange)
            if key not in seen:
                seen.add(key)
                yield verdict, exchange, key


def _replay(result: TrialResult, verdict: Verdict, exchange: Exchange, name: str) -> Replay:
    scenario = _scenario(verdict)
    known = SCENARIOS.get(scenario)
    spec = known.launch if known and known.launch else LaunchSpec(launch_of(result, verdict) or "main")
    subject = result.facts.subject
    return Replay(
        name, verdict.clause, verdict.reason, verdict.expected, verdict.observed, subject.kind, subject.name, spec,
        scenario, exchange, lifecycle=verdict.lifecycle, program=verdict.program, profile=verdict.profile,
    )  # fmt: skip


def _scenario(verdict: Verdict) -> str:
    """The scenario behind a verdict: the one on whose launch the program was driven, else the first that is known."""
    known = [(name, SCENARIOS[name]) for name in verdict.scenarios if name in SCENARIOS]
    of_program = (name for name, one in known if one.launch and one.launch.name == verdict.launch)
    return next(of_program, next((name for name, _ in known), "".join(verdict.scenarios[:1])))


def _key(verdict: Verdict, exchange: Exchange) -> tuple[str, str]:
    """What tells one replay from another: a program by its steps, for its requests hold names that never come again."""
    if verdict.program:
        return verdict.clause, hashlib.sha256(f"{verdict.lifecycle} {told(verdict.program)}".encode()).hexdigest()
    return verdict.clause, _fingerprint(exchange.request)


def _fingerprint(request: Request) -> str:
    """A digest of what was sent: line, headers and body."""
    head = "\n".join((request.method, request.target, request.version, *(f"{k}: {v}" for k, v in request.headers)))
    return hashlib.sha256(f"{head}\n\n{request.body.sha256}".encode("utf-8", "surrogateescape")).hexdigest()


def _digest(clause: str, fingerprint: str) -> str:
    raw = hashlib.sha256(f"{clause} {fingerprint}".encode()).digest()
    return base64.b32encode(raw).decode("ascii").lower().rstrip("=")
