"""Starts that ought to fail: with a broken model, and with none. What counts is that the failure is told.

Such a start is not watched by the harness itself, which would wait out the whole start window for a server that
honestly answers 503 for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import (
    Ability,
    Boot,
    Drive,
    Exchange,
    Files,
    LaunchSpec,
    State,
    TrialFacts,
    Untested,
    scenario,
    untested,
)
from seatrial.suites.realtime.log_words import REASON, first_match
from seatrial.suites.realtime.scenarios.start import log_tail, need_time

__all__ = ["FailedStart", "expect_it_had_time", "watch_failed_start"]

LONGEST = 60.0
"""Contract seconds after which the log must have given a reason."""
AT_LEAST, AFTER_REASON = 10.0, 4.0
"""Contract seconds for which a server that lives on is watched for a 200, in all and after it gave a reason."""
PING_EVERY = 0.2
ENOUGH = 2.0
"""Times the start with a good model: by then a broken one has been read, and found to be broken."""


@dataclass(frozen=True)
class FailedStart:
    """A start that ought to fail.

    Attributes:
        watched: seconds from the launch to the last look.
        good_ping: the first ping that was answered 200; None where none was.
        last_ping: the last ping.
        state: at the last look.
        reason: the first line of the log that says what is wrong; empty where none does.
        reason_at: seconds from the launch to it; None without one.
        lines: how many lines the log held.
        log: its last lines.
    """

    watched: float
    good_ping: Exchange | None
    last_ping: Exchange
    state: State
    reason: str
    reason_at: float | None
    lines: int
    log: tuple[str, ...]


@scenario(
    "bad-model", sees=FailedStart, launch=LaunchSpec("bad-model", files=Files.BAD), starting=True,
    inputs=("bad-model-dir",), takes=3.0,
)  # fmt: skip
def bad_model(drive: Drive) -> FailedStart:
    """Start with the model that the user offered as broken."""
    return watch_failed_start(drive)


@scenario(
    "no-model", sees=FailedStart, launch=LaunchSpec("no-model", files=Files.EMPTY), starting=True, soak=True,
    takes=3.0,
)  # fmt: skip
def no_model(drive: Drive) -> FailedStart:
    """Start with an empty model directory."""
    return watch_failed_start(drive)


def watch_failed_start(drive: Drive) -> FailedStart:
    """Ping and read the log until the server exits, answers 200, or has had its time."""
    instance = drive.instance
    good, ping = None, drive.ping()
    while not drive.stopping.is_set():
        if ping.status == 200 and ping.trouble is None:
            good = ping
            break
        if not instance.state().running or _watched_enough(drive):
            break
        drive.stopping.wait(drive.seconds(PING_EVERY))
        ping = drive.ping()
    need_time(drive)
    if not instance.state().running and Ability.LOGS in drive.facts.abilities:
        drive.until(lambda: _reason(drive)[1] is not None, 2.0)
    reason, at = _reason(drive)
    return FailedStart(
        instance.now(), good, ping, instance.state(), reason, at, instance.logs.total_lines, log_tail(drive)
    )  # fmt: skip


def _watched_enough(drive: Drive) -> bool:
    now, at = drive.instance.now(), _reason(drive)[1]
    told = at is not None and now >= max(drive.seconds(AT_LEAST), at + drive.seconds(AFTER_REASON))
    return told or now >= drive.seconds(LONGEST)


def _reason(drive: Drive) -> tuple[str, float | None]:
    """The first line that says what is wrong, and when it came."""
    for line in drive.instance.logs.lines:
        if found := first_match(REASON, (line.text,)):
            return drive.client.mask.mask_text(found), line.at
    return "", None


def expect_it_had_time(seen: FailedStart, boot: Boot | None, facts: TrialFacts) -> None:
    """Leave a silent start unjudged where it had not come as far as its model: a good one takes long to load, too.

    Args:
        seen: the start that ought to fail.
        boot: the start with a good model.
        facts: of the trial: a start takes its time where contract times are scaled, too.

    Raises:
        Unobserved: it was still starting, and had less than twice the time that a good start took.
    """
    good = boot.ready_at if boot is not None else None
    starting = seen.reason_at is None and seen.state.running
    if starting and good is not None and seen.watched < ENOUGH * good * facts.scale:
        untested(
            Untested.PREREQUISITE,
            f"it was still starting after {seen.watched:.1f} s; with a good model the start took {good:.1f} s",
        )
