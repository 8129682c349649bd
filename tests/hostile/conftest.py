"""Puts the hostile subjects on trial, each in a process of its own, a few side by side; a test waits for its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
import psutil
import pytest
from hostile.run_trial import Order, Outcome
from subjects import build, build_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hostile.test_hostile import Enemy

SIDE_BY_SIDE = 3
HERE = Path(__file__).parent
LOCK_LABEL = "org.seatrial.lock"


@dataclass(frozen=True)
class Ended:
    """A trial that ended.

    Attributes:
        outcome: of its process.
        folder: of its reports.
        left: what it left behind, on the engine and among the processes.
    """

    outcome: Outcome
    folder: Path
    left: tuple[str, ...]

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_bytes())
        return found

    def observation(self, scenario: str) -> dict[str, Any]:
        lines = (self.folder / "evidence" / "observations.jsonl").read_bytes().splitlines()
        found: dict[str, Any] = next(one for one in map(json.loads, lines) if one["scenario"] == scenario)
        return found

    @property
    def evidence_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "evidence").iterdir())


@pytest.fixture(scope="session")
def ended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Enemy], Ended]]:
    """Gives the end of the trial of an enemy; all that this session will ask for begin at once."""
    folder = tmp_path_factory.mktemp("hostile")
    asked = [i.callspec.params["enemy"] for i in request.session.items if _has_enemy(i)]
    images, building = _Images(), threading.Lock()

    def run(enemy: Enemy) -> Ended:
        with building:
            image = images.ready if enemy.ready else images.faults
        order = replace(enemy.order, image=image, report=str(folder / enemy.id / "report"))
        return _run(order, folder / enemy.id)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        running: dict[Enemy, Future[Ended]] = {enemy: pool.submit(run, enemy) for enemy in dict.fromkeys(asked)}
        yield lambda enemy: running[enemy].result()
        for waiting in running.values():
            waiting.cancel()


def _has_enemy(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(item, "callspec") and "enemy" in item.callspec.params


class _Images:
    """The images, built when first asked for."""

    @property
    def faults(self) -> str:
        return build_faults()

    @property
    def ready(self) -> str:
        dockerfile = (
            f'FROM {build_faults()}\nCOPY hostile.py /opt/hostile.py\nENTRYPOINT ["python3", "/opt/hostile.py"]\n'
        )
        script = (HERE / "image" / "hostile.py").read_bytes()
        return build("hostile", {"Dockerfile": dockerfile.encode(), "hostile.py": script})


def _run(order: Order, folder: Path) -> Ended:
    """Run a trial whose locks lie in a folder of its own, so that what it leaves behind can be told."""
    locks = folder / "locks"
    locks.mkdir(parents=True, mode=0o700)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(locks), "PYTHONPATH": str(HERE.parent)}
    command = [sys.executable, str(HERE / "run_trial.py"), json.dumps(asdict(order))]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    out, err = process.communicate()
    assert process.returncode == 0, err
    return Ended(Outcome(**json.loads(out)), Path(order.report), (*_left_on_engine(locks), *_left_running(process.pid)))


def _left_on_engine(locks: Path) -> tuple[str, ...]:
    client = docker.from_env()
    try:
        things = (
            *(
                (c.name, c.labels)
                for c in client.containers.list(all=True, filters={"label": LOCK_LABEL}, ignore_removed=True)
            ),
            *((n.name, n.attrs["Labels"]) for n in client.networks.list(filters={"label": LOCK_LABEL})),
            *((v.name, v.attrs["Labels"]) for v in client.volumes.list(filters={"label": LOCK_LABEL})),
        )
        return tuple(str(name) for name, labels in things if labels[LOCK_LABEL].startswith(str(locks)))
    finally:
        client.close()


def _left_running(session: int) -> tuple[str, ...]:
    """Processes that are still in the session of a trial that has ended."""
    return tuple(p.name() for p in psutil.process_iter() if _session(p.pid) == session)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0
