"""What the run over many machines is made of, piece by piece."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seatrial import __version__
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.plan import Load, Plan
from seatrial.loadgen.record import Records, Tokens
from seatrial.loadgen.spread.chorus import Chorus
from seatrial.loadgen.spread.columns import pack, unpack
from seatrial.loadgen.spread.crew import Crew, MasterEnded
from seatrial.loadgen.spread.harvest import Harvest, join
from seatrial.loadgen.spread.master import MasterOptions
from seatrial.loadgen.spread.member import Member
from seatrial.loadgen.spread.messages import (
    Failed,
    FromEngine,
    Hello,
    Look,
    Pong,
    Said,
    Seen,
    encode,
)
from seatrial.loadgen.spread.parcel import AT_ONCE, PIECE, Incoming, Outgoing
from seatrial.loadgen.spread.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.loadgen.spread.messages import FromMaster


@pytest.fixture
def wires() -> Iterator[tuple[Wire, Wire]]:
    ends = [Wire(end) for end in socket.socketpair()]
    yield ends[0], ends[1]
    for end in ends:
        end.close()


def told(wire: Wire, *words: FromMaster) -> None:
    for word in words:
        wire.send(encode(word))


def said(who: str, word: FromEngine) -> Said:
    return Said(who, encode(word))


# ------------------------------------------------------------------------------------------------------------ messages


def test_a_message_longer_than_the_sockets_hold_arrives_whole(wires: tuple[Wire, Wire]):
    here, there = wires
    long = bytes(range(256)) * 20_000
    sender = threading.Thread(target=lambda: [here.send(each) for each in (b"first", long, b"last")])
    sender.start()
    assert [there.receive(5) for _ in range(3)] == [b"first", long, b"last"]
    sender.join()
    assert there.receive(0) is None


def test_the_end_of_one_side_is_the_end_of_the_other(wires: tuple[Wire, Wire]):
    here, there = wires
    there.hang_up()
    with pytest.raises(EOFError):
        here.receive()
    with pytest.raises(EOFError):
        here.send(b"is anybody there?")


@pytest.mark.parametrize("shared", [0, 1, PIECE - 1, PIECE, 3 * PIECE + 5, 2 * AT_ONCE * PIECE])
def test_a_parcel_arrives_whole_and_only_as_fast_as_it_is_asked_for(shared: int):
    first, rest = bytes(shared), b"z" * (PIECE + 7)
    outgoing = Outgoing(first, rest)
    incoming, asked = Incoming(outgoing.parcel), []
    while incoming.data is None:
        asked += incoming.wants()
        assert 0 < len(asked) <= AT_ONCE
        incoming.take(outgoing.piece(asked.pop(0)))
    assert incoming.data == first + rest
    assert not incoming.wants()


@pytest.mark.parametrize("code", ["q", "I", "H", "B", "d"])
def test_columns_come_back_as_they_went(code: str):
    column = np.arange(7).astype(code)
    back = unpack(pack(column), code)
    assert back.dtype == column.dtype
    assert np.array_equal(back, column)
    back[0] = 1  # what came back can be written to


# ------------------------------------------------------------------------------------------------------------ machines


def test_the_quickest_answer_says_most_of_a_clock():
    member = Member("w", "host", "host")
    for number, (out, back, ahead) in enumerate([(0, 900, 300), (1000, 1100, 0), (2000, 2600, -250)]):
        member.asked(number, out)
        # Its clock is 5,000,000 ns ahead of ours; the way there takes more or less than the way back.
        member.pong(Pong(number, (out + back) // 2 + ahead + 5_000_000), back)
    assert (member.round_trip, member.offset) == (100, 5_000_000)
    assert not member.waits_for_pong


def test_a_worker_of_another_version_is_refused(wires: tuple[Wire, Wire]):
    here, there = wires
    told(there, said("w1", Hello("0.0.0", "far")))
    with pytest.raises(UsageError, match=rf"the worker far has seatrial 0\.0\.0, this machine {__version__}"):
        Crew(here, 1).gather(10, lambda _: None)


def test_a_worker_that_speaks_otherwise_is_refused(wires: tuple[Wire, Wire]):
    here, there = wires
    told(there, Said("w1", encode(Seen(()))))
    with pytest.raises(UsageError, match="the worker w1: what it says cannot be understood; install the same version"):
        Crew(here, 1).gather(10, lambda _: None)


def test_a_worker_whose_engine_does_not_start_is_named(wires: tuple[Wire, Wire]):
    here, there = wires
    told(there, said("w1", Failed("its engine process ended with code 1")))
    with pytest.raises(UsageError, match="the worker w1: its engine process ended"):
        Crew(here, 2).gather(10, lambda _: None)


def test_those_who_come_when_there_are_enough_have_no_part(wires: tuple[Wire, Wire]):
    here, there = wires
    heard: list[str] = []
    told(there, *(said(f"w{number}", Hello(__version__, "host")) for number in range(3)))
    crew = Crew(here, 2)
    crew.gather(10, heard.append)
    assert heard == ["host has joined (1 of 2)", "host (2) has joined (2 of 2)"]
    crew.hear()
    assert crew.too_late == ["host"]
    assert [member.who for member in crew.members] == ["w0", "w1"]


def test_a_worker_without_a_heart_beat_is_lost_and_one_that_comes_back_is_not(
    wires: tuple[Wire, Wire], monkeypatch: pytest.MonkeyPatch
):
    here, there = wires
    monkeypatch.setattr("seatrial.loadgen.spread.crew.GONE_S", 0.0)
    told(there, *(said(who, Hello(__version__, who)) for who in ("w1", "w2")))
    crew = Crew(here, 2)
    crew.gather(10, lambda _: None)
    told(there, Seen(("w2",)))
    crew.hear()
    assert [member.who for member in crew.lost()] == ["w1"]
    told(there, Seen(("w1", "w2")))
    crew.hear()
    assert crew.lost() == []


def test_a_worker_that_owes_a_word_and_is_silent_is_lost(wires: tuple[Wire, Wire], monkeypatch: pytest.MonkeyPatch):
    here, there = wires
    monkeypatch.setattr("seatrial.loadgen.spread.crew.SILENT_S", 0.0)
    told(there, *(said(who, Hello(__version__, who)) for who in ("w1", "w2")))
    crew = Crew(here, 2)
    crew.gather(10, lambda _: None)
    crew.members[0].expect(something=True)
    crew.members[1].expect(something=False)
    assert time.monotonic() > crew.members[0].heard
    assert [member.who for member in crew.lost()] == ["w1"]


def test_the_end_of_the_master_is_told_apart(wires: tuple[Wire, Wire]):
    here, there = wires
    there.hang_up()
    with pytest.raises(MasterEnded):
        Crew(here, 1).gather(10, lambda _: None)


# ------------------------------------------------------------------------------------------------------- what they saw


def observed(origin: int, intended: list[int], stamps: list[int]) -> Observed:
    """Two requests of a machine whose first intended time is `origin`; the second was never sent."""
    records = Records.allocate(len(intended))
    records.intended[:] = intended
    records.sent[0], records.done[0], records.received[0] = intended[0] + 1, intended[0] + 9, 77
    ends = np.array([0, len(stamps)])
    tokens = Tokens(np.zeros(1, np.int64), ends, np.array(stamps), np.ones(len(stamps), np.int64), coalesced=1)
    nothing = np.zeros(0, np.int64)
    notes = EngineNotes(np.array([0.25]), np.array([5]), nothing, 3, 1, "kernel", {11: "503"}, real_time=True)
    return Observed(
        Plan(Load(rate=1.0, requests=4)), "", "", records, tokens, np.ones(1), origin, origin, origin, origin + 50, 0.0,
        (notes,),
    )  # fmt: skip


def test_what_two_clocks_saw_is_joined_on_a_third():
    near, far = 1_000, 9_000_000_000
    saw = [observed(clock, [clock, clock + 200 + odd], [clock + 4, clock + 6]) for odd, clock in enumerate((near, far))]
    parts = [Harvest.from_bytes(Harvest.to_bytes(each), origin=500_000) for each in saw]
    records, tokens = join(parts, open_loop=True)
    assert records.intended.tolist() == [500_000, 500_000, 500_200, 500_201]
    assert records.sent.tolist() == [500_001, 500_001, 0, 0], "what never happened stays so"
    assert records.received.tolist() == [77, 77, 0, 0]
    assert tokens.row.tolist() == [0, 1]
    assert tokens.stamp.tolist() == [500_004, 500_006, 500_004, 500_006]
    assert tokens.coalesced == 2
    assert [part.ended for part in parts] == [500_050, 500_050]
    (notes,) = parts[1].notes
    assert (notes.cpu.tolist(), notes.lag.tolist(), notes.examples, notes.real_time) == ([0.25], [5], {11: "503"}, True)


def test_rows_of_a_closed_loop_are_joined_by_when_they_were_sent():
    saw = [observed(clock, [clock + 10 * k, clock + 100 + k], [clock + 4]) for k, clock in enumerate((40, 7_000))]
    records, tokens = join([Harvest.from_bytes(Harvest.to_bytes(each), origin=1_000) for each in saw], open_loop=False)
    assert records.intended.tolist() == [1_000, 1_010, 1_100, 1_101]
    assert tokens.row.tolist() == [0, 1]


# ------------------------------------------------------------------------------------------------------------ the view


def look(at: float, latency: dict[int, int], **more: object) -> Look:
    plain = {
        "elapsed_s": at, "due": 10, "sent": 10, "answered": 8, "failed": 1, "in_flight": 1, "window_s": 1.0,
        "asked": 10.0, "kept": 10.0, "answers": 8.0, "send_error": 0.2, "waited": 0, "behind": 0, "behind_ms": 0.0,
        "cpu": 0.1, "latency": latency, "failures": {}, "received": 100,
    }  # fmt: skip
    return Look(**{**plain, **more})


def bucket(ms: float) -> int:
    return round(np.log(ms * 1e6) / np.log(1.01))


def test_percentiles_are_of_all_machines_together():
    chorus = Chorus(Load(rate=20.0, duration_s=60.0), 60.0)
    assert chorus.snapshot() is None
    chorus.add("a", look(5.0, {bucket(5.0): 98}, failures={"timeout": 1}))
    chorus.add("b", look(5.1, {bucket(500.0): 2}, send_error=0.9, failures={"timeout": 1, "reset": 1}))
    seen = chorus.snapshot()
    assert seen is not None
    assert seen.p50 == pytest.approx(5.0, rel=0.01)
    assert seen.p99 == pytest.approx(500.0, rel=0.01)
    assert (seen.due, seen.answered, seen.failed, seen.asked) == (20, 16, 2, 20.0)
    assert seen.send_error == 0.9, "of the machine that is worst off"
    assert seen.faults == (("timeout", 2), ("reset", 1))


def test_latencies_of_long_ago_are_forgotten_where_there_are_enough_new_ones():
    chorus = Chorus(Load(rate=20.0, duration_s=60.0), 60.0)
    for at, ms in ((1.0, 900.0), (9.5, 5.0), (10.0, 5.0)):
        chorus.add("a", look(at, {bucket(ms): 50}))
    seen = chorus.snapshot()
    assert seen is not None
    assert seen.p99 == pytest.approx(5.0, rel=0.01)


# ------------------------------------------------------------------------------------------------------------- options


def test_the_master_is_given_no_secret_and_no_more_users_than_workers():
    words = MasterOptions(3, "10.0.0.1", 6000).words()
    assert words[words.index("--expect-workers") + 1] == words[words.index("-u") + 1] == "3"
    assert "--headless" in words
    assert "--headless" not in MasterOptions(3, web_port=8089).words()


def test_where_the_locustfiles_are_is_asked_for_by_name():
    asked = [sys.executable, "-m", "seatrial.loadgen.spread.where", "elsewhere"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "usage:" in ran.stderr
