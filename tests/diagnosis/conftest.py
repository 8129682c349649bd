"""Puts every selected fault on trial, a few side by side; a test waits for its own."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from diagnosis.broken_images import build_image, variable_of
from diagnosis.faults import LIMITS
from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.samples import Sample
from seatrial.conformance.subject.image import ImageLauncher
from seatrial.conformance.subject.launcher import LaunchSpec, Offer
from seatrial.conformance.subject.lock import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from diagnosis.faults import Fault

    from seatrial.conformance.result import TrialResult

SIDE_BY_SIDE = 4
"""Most of a trial's time is waiting for a server that does not come."""
NEED_A_HUB = frozenset({"download", "wait-for-hub"})
BUILDING: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
SAMPLES = (Sample("quick", "application/json", b"{}", given=True), Sample("slow", "text/plain", b"slow", slow=True))


@cache
def _built(name: str) -> str:
    return build_image(name)


def image(name: str) -> str:
    """The tag of an image, built once."""
    with BUILDING[name]:
        return _built(name)


@pytest.fixture(scope="module")
def trials(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Fault], TrialResult]]:
    """Gives the result of the trial of a fault; all that this module will ask for begin at once."""
    folder = tmp_path_factory.mktemp("trials")
    asked = [fault for item in request.session.items if item.path == request.path and (fault := _fault_of(item))]
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(a_hub()) if any(fault.name in NEED_A_HUB for fault in asked) else ""
        pool = stack.enter_context(ThreadPoolExecutor(SIDE_BY_SIDE))
        running: dict[Fault, Future[TrialResult]] = {
            fault: pool.submit(run, fault, folder / fault.id, hub) for fault in dict.fromkeys(asked)
        }
        yield lambda fault: running[fault].result()
        for waiting in running.values():
            waiting.cancel()


def _fault_of(item: pytest.Item) -> Fault | None:
    known = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return known.get("fault")


@contextlib.contextmanager
def a_hub() -> Iterator[str]:
    """The address of a server that subjects download from: a container on the engine's own bridge."""
    run = Run.open()
    launcher = ImageLauncher(image("broken"), replace(LIMITS, network="bridge"), Offer(), run)
    try:
        yield launcher.launch(LaunchSpec("hub")).address.host
    finally:
        launcher.close()
        run.close()


def run(fault: Fault, folder: Path, hub: str) -> TrialResult:
    """The trial of one fault."""
    model = folder / "model"
    model.mkdir(parents=True)
    (model / "model.txt").write_text("a model")
    variable = variable_of(fault.image)
    offer = Offer(
        model_dir=str(model) if fault.model else "",
        env=((variable, fault.name), ("HUB", hub)),
        public_env=frozenset({variable, "HUB"}),
    )
    options = TrialOptions(
        image=image(fault.image),
        offer=offer,
        profiles=fault.profiles,
        limits=replace(fault.limits, network=fault.network),
        samples=SAMPLES if fault.slow else (),
        startup_timeout=fault.window,
        scale=fault.scale,
        report=folder / "report",
    )
    return trial(options, fault.judge)
