"""The files of sessions: any order of events leaves exactly the sessions that should live."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Sessions
from hypothesis.stateful import RuleBasedStateMachine, consumes, invariant, precondition, rule

from seatrial.reference_server.standards.sessions.manager import SessionManager
from seatrial.reference_server.standards.sessions.storage import SessionFiles

LIFETIME = 10.0


class Lifecycle(RuleBasedStateMachine):
    """Two managers over one directory, as two workers have them, against a dictionary."""

    ids = Sessions("ids")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.now = 1_000_000.0
        self.managers = [self._manager(), self._manager()]
        self.alive: dict[str, float] = {}
        self.foreign: set[str] = set()

    def _manager(self) -> SessionManager:
        return SessionManager(SessionFiles(self.root), LIFETIME, lambda: self.now)

    workers = st.integers(0, 1)

    @rule(target=ids, worker=workers)
    def create(self, worker: int) -> str:
        session = self.managers[worker].create_session()
        assert session.expiration_ts == self.now + LIFETIME
        self._expire()
        self.alive[session.session_id] = session.expiration_ts
        assert {path.name for path in self.root.iterdir()} == self.alive.keys() | self.foreign
        return session.session_id

    @rule(session_id=ids, worker=workers)
    def use(self, session_id: str, worker: int) -> None:
        self._expire()
        assert (self.managers[worker].get_session(session_id) is not None) == (session_id in self.alive)

    @rule(session_id=ids, worker=workers)
    def close(self, session_id: str, worker: int) -> None:
        self._expire()
        if self.alive.pop(session_id, None) is not None:
            self.managers[worker].close_session(session_id)
            return
        with pytest.raises(ValueError, match="session not found"):
            self.managers[worker].close_session(session_id)

    @rule(seconds=st.floats(0, 15))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(worker=workers)
    def restart(self, worker: int) -> None:
        self.managers[worker] = self._manager()

    @rule(session_id=consumes(ids))
    def delete_by_hand(self, session_id: str) -> None:
        shutil.rmtree(self.root / session_id, ignore_errors=True)
        self.alive.pop(session_id, None)

    @rule(name=st.sampled_from(["stray", "notes.txt", ".hidden"]), folder=st.booleans())
    @precondition(lambda self: len(self.foreign) < 3)
    def leave_something_foreign(self, name: str, folder: bool) -> None:
        path = self.root / name
        if not path.exists():
            path.mkdir() if folder else path.write_text("x")
        self.foreign.add(name)

    @rule(content=st.sampled_from(["", "{", "null", "true", "NaN", '"1"', "[1]"]))
    def leave_a_folder_that_looks_like_a_session(self, content: str) -> None:
        folder = self.root / "almost"
        folder.mkdir(exist_ok=True)
        (folder / ".expiration_ts").write_text(content)
        self.foreign.add("almost")
        assert self.managers[0].get_session("almost") is None

    @invariant()
    def living_sessions_have_their_end_on_disk(self) -> None:
        for session_id, ends in self.alive.items():
            if ends > self.now:
                assert json.loads((self.root / session_id / ".expiration_ts").read_text()) == ends

    def _expire(self) -> None:
        self.alive = {name: ends for name, ends in self.alive.items() if ends > self.now}

    def teardown(self) -> None:
        shutil.rmtree(self.root)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_session_ends_when_it_was_to_however_often_it_is_used(tmp_path: Path):
    now = [0.0]
    manager = SessionManager(SessionFiles(tmp_path), 2.0, lambda: now[0])
    session_id = manager.create_session().session_id
    now[0] = 1.9
    assert manager.get_session(session_id) is not None
    now[0] = 2.0
    assert manager.get_session(session_id) is None


def test_what_a_process_left_unfinished_is_cleared_once_it_is_old(tmp_path: Path):
    for name in (".new-1", ".closed-1"):
        (tmp_path / name).mkdir()
    changed = (tmp_path / ".new-1").stat().st_mtime
    files = SessionFiles(tmp_path)
    files.sweep(changed + 30)
    assert len(list(tmp_path.iterdir())) == 2
    files.sweep(changed + 90)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_went_away_loses_its_sessions_and_nothing_else(tmp_path: Path):
    root = tmp_path / "root"
    root.mkdir()
    manager = SessionManager(SessionFiles(root), 9.0)
    session_id = manager.create_session().session_id
    shutil.rmtree(root)
    assert manager.get_session(session_id) is None
    with pytest.raises(OSError, match="No such file"):
        manager.create_session()
