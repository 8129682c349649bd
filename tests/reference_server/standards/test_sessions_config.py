"""The variables of sessions, and the directory that follows from them."""

import json
import tempfile
from pathlib import Path

import pytest

from seatrial.reference_server.standards.sessions import directory, manager
from seatrial.reference_server.standards.sessions.config import SageMakerConfig
from seatrial.reference_server.standards.sessions.core import open_session
from seatrial.reference_server.standards.transforms.refusals import RefusedError, SettingsError

ENABLE = "SAGEMAKER_ENABLE_STATEFUL_SESSIONS"
EXPIRATION = "SAGEMAKER_SESSIONS_EXPIRATION"
PATH = "SAGEMAKER_SESSIONS_PATH"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for temporary files, and one in memory, of the test's own."""
    for name in ("tmp", "shm"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(directory, "MEMORY", tmp_path / "shm")
    return tmp_path / "tmp"


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on", "0", "false", "", " true "])
def test_two_words_turn_sessions_on(value: str):
    on = value in {"true", "TRUE", "1"}
    assert SageMakerConfig.from_env({ENABLE: value}).enable_stateful_sessions is on


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "", "+5", "1e3", "\u0661"])
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_lifetime_that_is_none_refuses_the_start(value: str, enabled: str):
    with pytest.raises(SettingsError, match=f"{EXPIRATION} is .* whole number of seconds above 0"):
        manager.start({EXPIRATION: value, ENABLE: enabled})


def test_a_lifetime_beyond_all_calendars_starts_and_creates_nothing(tmp_path: Path):
    sessions = manager.start({ENABLE: "1", EXPIRATION: "9" * 40, PATH: str(tmp_path / "s")})
    with pytest.raises(RefusedError) as refused:
        open_session(sessions)
    assert refused.value.status == 424
    assert list((tmp_path / "s").iterdir()) == []


@pytest.mark.parametrize("text", ["{bad", "[1]", '{"x": 1}', '{"body": 1}', '{"body..x": 1}'])
@pytest.mark.parametrize("name", ["CREATE_SESSION_DEFAULTS", "UNKNOWN"])
def test_every_variable_of_transforms_is_checked(name: str, text: str):
    with pytest.raises(SettingsError, match=f"SAGEMAKER_TRANSFORMS_{name}"):
        manager.start({f"SAGEMAKER_TRANSFORMS_{name}": text})


def test_turned_off_no_directory_is_made(tmp_path: Path):
    assert manager.start({PATH: str(tmp_path / "s")}) is None
    assert not (tmp_path / "s").exists()
    assert list((tmp_path / "tmp").iterdir()) + list((tmp_path / "shm").iterdir()) == []


def test_memory_is_the_usual_place(tmp_path: Path):
    assert directory.usable(None) == tmp_path / "shm" / "sagemaker_sessions"


def test_without_memory_it_is_the_directory_of_temporary_files(tmp_path: Path, temporary: Path):
    (tmp_path / "shm").rmdir()
    assert directory.usable(None) == temporary / "sagemaker_sessions"
    assert not (tmp_path / "shm").exists()


def test_a_place_that_cannot_be_used_is_replaced(tmp_path: Path, temporary: Path):
    (tmp_path / "file").write_text("")
    for asked in (str(tmp_path / "file"), str(tmp_path / "file" / "below"), ""):
        assert directory.usable(asked) == temporary / "sagemaker_sessions"


def test_a_place_that_is_there_and_takes_no_files_is_replaced(temporary: Path):
    assert directory.usable("/proc") == temporary / "sagemaker_sessions"


def test_a_place_that_belongs_to_somebody_else_is_replaced_by_one_of_its_own(temporary: Path):
    (temporary / "sagemaker_sessions").write_text("")
    assert directory.usable("").name.startswith("sagemaker_sessions-")


def test_no_place_at_all_refuses_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(SettingsError, match="can be kept nowhere"):
        directory.usable("")


def test_values_of_a_session_are_kept_with_it(tmp_path: Path):
    sessions = manager.start({ENABLE: "1", PATH: str(tmp_path / "s")})
    assert sessions is not None
    session = sessions.create_session()
    session.put("turn", {"n": 1})
    found = sessions.get_session(session.session_id)
    assert found is not None
    assert (found.get("turn"), found.get("other", 5)) == ({"n": 1}, 5)
    assert json.loads((tmp_path / "s" / session.session_id / "turn.json").read_text()) == {"n": 1}
    with pytest.raises(ValueError, match="key"):
        session.put("../turn", 1)
