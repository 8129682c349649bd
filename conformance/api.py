"""The public face of the harness: everything that a suite may import.

A profile under `seatrial/suites/` registers scenarios and judges with these names and uses nothing else of ours.
"""

from seatrial.conformance.boot import Boot, BootEnd, PingRun
from seatrial.conformance.drive import Drive
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.expect import NotApplicable, Unobserved, broken, expect, noted, observed, untested
from seatrial.conformance.explore import Explored, explore
from seatrial.conformance.judge import Limits
from seatrial.conformance.lifecycle import ExploredPrograms, Lifecycle, explore_programs, judge_programs
from seatrial.conformance.program import Program, Step, Taken, Trace
from seatrial.conformance.result import Stop
from seatrial.conformance.samples import Sample, SampleSeen, SamplesSeen
from seatrial.conformance.scenario import MAIN, SPARE, clause, scenario
from seatrial.conformance.subject.launcher import (
    Ability,
    FileChange,
    Files,
    Image,
    Instance,
    LaunchSpec,
    Listener,
    Process,
    ServeWord,
    State,
)
from seatrial.conformance.subject.logs import LogLine
from seatrial.conformance.verdict import Level, Untested, Word
from seatrial.conformance.wire.crowd import connect_storm, hold
from seatrial.conformance.wire.exchange import Answer, Body, Exchange, Request, Trouble
from seatrial.conformance.wire.frames import Frame, Opcode
from seatrial.conformance.wire.hearing import Heard, WebSocketSeen
from seatrial.conformance.wire.live import LiveStream
from seatrial.conformance.wire.rawhttp import Client, Connection, End, Pause, RawRequest
from seatrial.conformance.wire.streamed import Piece, Streamed
from seatrial.conformance.wire.websocket import WebSocket, accept_of, upgrade_request

__all__ = [
    "MAIN", "SPARE", "Ability", "Answer", "Body", "Boot", "BootEnd", "Client", "Connection", "Drive", "End",
    "Exchange", "Explored", "ExploredPrograms", "FileChange", "Files", "Frame", "Heard", "Image", "Instance",
    "LaunchSpec", "Level", "Lifecycle", "Limits", "Listener", "LiveStream", "LogLine", "NotApplicable", "Opcode",
    "Pause", "Piece", "PingRun", "Process", "Program", "RawRequest", "Request", "Sample", "SampleSeen", "SamplesSeen",
    "ServeWord", "State", "Step", "Stop", "Streamed", "Taken", "Trace", "TrialFacts", "Trouble", "Unobserved",
    "Untested", "WebSocket", "WebSocketSeen", "Word", "accept_of", "broken", "clause", "connect_storm", "expect",
    "explore", "explore_programs", "hold", "judge_programs", "noted", "observed", "scenario", "untested",
    "upgrade_request",
]  # fmt: skip
