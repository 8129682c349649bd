"""The variables of the supervisor, and the configuration that is written down for people and for supervisord."""

import configparser
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.reference_server.standards.supervisor import generate, ini, settings
from seatrial.reference_server.standards.supervisor.telling import Level

ODD = [
    "plain", " a b ", "", "'\"\\", "{% if x %}%%", "a ;b #c", "one\n  two\n\n ; three", '{"k": [1]}', "größe",
]  # fmt: skip


def read(text: str) -> configparser.RawConfigParser:
    """Read a file as supervisord does."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(text)
    return parser


def test_every_argument_survives_supervisords_reading():
    text = ini.render(ODD, settings.SupervisorSettings())
    command = read(text)["program:app"]["command"]
    assert shlex.split(command % {}) == ODD


def test_defaults_are_those_of_the_document():
    found = settings.load({})
    assert (found.retries, found.start_seconds, found.stop_seconds) == (3, 1, 30)
    assert (found.stop_signal, found.restart, found.log_level) == (signal.SIGTERM, True, Level.INFO)
    assert (found.config_path, found.config_is_kept) == (Path("/tmp/supervisord.conf"), False)  # noqa: S108


def test_overrides_of_the_program_are_acted_on():
    found = settings.load(
        {
            "SUPERVISOR_PROGRAM__APP_STARTSECS": "10",
            "SUPERVISOR_PROGRAM__APP_STOPWAITSECS": "5",
            "SUPERVISOR_PROGRAM__APP_STOPSIGNAL": "int",
            "SUPERVISOR_PROGRAM__APP_AUTORESTART": "false",
            "SUPERVISOR_PROGRAM__APP_STARTRETRIES": "9",
            "PROCESS_MAX_START_RETRIES": "1",
        }
    )
    assert (found.start_seconds, found.stop_seconds, found.retries) == (10, 5, 9)
    assert (found.stop_signal, found.restart) == (signal.SIGINT, False)


@pytest.mark.parametrize("key", ["STARTSECS", "STOPWAITSECS", "STOPSIGNAL", "AUTORESTART"])
def test_an_override_that_means_nothing_is_refused_by_name(key: str):
    variable = f"SUPERVISOR_PROGRAM__APP_{key}"
    with pytest.raises(settings.SettingsError, match=f"{variable} is 'never', expected"):
        settings.load({variable: "never"})


@pytest.mark.parametrize(
    ("variable", "section", "key"),
    [
        ("SUPERVISOR_PROGRAM__APP_STDOUT_LOGFILE", "program:app", "stdout_logfile"),
        ("SUPERVISOR_SUPERVISORD_LOGLEVEL", "supervisord", "loglevel"),
        ("SUPERVISOR_EVENTLISTENER__X_EVENTS", "eventlistener:x", "events"),
    ],
)
def test_a_variable_becomes_a_key_of_its_section(variable: str, section: str, key: str):
    text = ini.render(["x"], settings.load({variable: "value"}))
    assert read(text)[section][key] == "value"


def test_what_a_supervisord_says_about_itself_is_no_override():
    told = {"SUPERVISOR_ENABLED": "1", "SUPERVISOR_PROCESS_NAME": "web", "SUPERVISOR_GROUP_NAME": "web"}
    assert settings.load(told).overrides == ()
    assert not settings.asked_for(told)


def test_generate_writes_the_file_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROCESS_MAX_START_RETRIES", "5")
    path = tmp_path / "supervisord.conf"
    assert generate.main(["-o", str(path), "-p", "web", "touch", "-c", str(tmp_path / "never")]) == 0
    section = read(path.read_text())["program:web"]
    assert (section["startretries"], section["command"]) == ("5", f"touch -c {tmp_path}/never")
    assert not (tmp_path / "never").exists()


def test_generate_needs_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        generate.main(["-o", str(tmp_path / "x")])
    assert end.value.code == 2
    assert "a command is missing" in capsys.readouterr().err


@pytest.mark.parametrize("named", [True, False])
def test_the_configuration_stays_only_where_its_path_was_named(tmp_path: Path, named: bool):
    path = tmp_path / "mine.conf" if named else settings.DEFAULT_CONFIG
    variable = {"SUPERVISOR_CONFIG_PATH": str(path)} if named else {}
    env = {**os.environ, **variable, "PROCESS_MAX_START_RETRIES": "0", "SAGEMAKER_MODEL_PATH": str(tmp_path)}
    command = [sys.executable, "-m", "seatrial.reference_server.standards.supervisor", "cat", str(path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert read(done.stdout)["program:app"]["startretries"] == "0"
    assert path.exists() == named


def test_a_named_file_that_cannot_be_written_is_refused(tmp_path: Path):
    env = {**os.environ, "SUPERVISOR_CONFIG_PATH": "/nowhere/x.conf", "SAGEMAKER_MODEL_PATH": str(tmp_path)}
    command = [sys.executable, "-m", "seatrial.reference_server.standards.supervisor", "true"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "SUPERVISOR_CONFIG_PATH names a file that cannot be written" in done.stderr
