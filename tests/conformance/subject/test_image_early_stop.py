"""A SIGTERM during the start reaches the subject's own program, not the runtime that prepares its container."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from subjects.driving import until

from seatrial.conformance.drive import Drive
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.subject.launcher import LaunchSpec, SubjectFacts
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor
from seatrial.suites.realtime.scenarios.stop import stop_starting

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.container import ContainerInstance
    from seatrial.conformance.subject.image import ImageLauncher


def driven(made: ImageLauncher, instance: ContainerInstance) -> Drive:
    origin = time.monotonic() - instance.now()
    return Drive(
        instance,
        Client(instance.address, origin=origin, mask=Redactor()),
        facts=TrialFacts(SubjectFacts("image", "runtime-first"), made.abilities),
        options=TrialOptions(),
        boot=None,
        samples=None,
        known=(),
        stopping=threading.Event(),
        over=threading.Event(),
    )


def test_the_runtime_is_none_of_the_containers_own_processes(
    launcher: Callable[..., ImageLauncher], static: Callable[[str], str]
):
    instance = launcher(static("runtime-first")).launch(LaunchSpec())
    assert instance.processes() == ()
    assert instance.state().running
    until(lambda: bool(instance.processes()))
    assert [process.argv for process in instance.processes()] == [("python3", "/opt/subject.py")]


def test_sigterm_during_the_start_waits_for_the_containers_own_program(
    launcher: Callable[..., ImageLauncher], static: Callable[[str], str]
):
    made = launcher(static("runtime-first"))
    seen = stop_starting(driven(made, made.launch(LaunchSpec("starting"))))
    # The runtime's stand-in ends with 2 at a SIGTERM, the server with 0.
    assert seen.seen.state.exit_code == 0
    assert seen.running
