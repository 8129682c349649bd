"""Settings: the command line wins over the environment, and a wrong value is one sentence and exit code 2."""

import socket
from collections.abc import Callable

import pytest
from support.serving import PATIENCE, Server

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.settings import OPTIONS, SettingError, Settings, load


def test_the_defaults_are_what_the_platform_expects():
    settings = load({}, {})
    assert (settings.host, settings.port, str(settings.model_dir)) == ("0.0.0.0", 8080, "/opt/ml/model")
    assert settings.max_body >= 25_000_000
    assert settings.call_timeout < 60
    assert settings.stop_grace < 30


def test_the_command_line_wins_over_the_environment_and_that_over_the_default():
    environment = {"SAGEMAKER_BIND_TO_PORT": "8123", "SEATRIAL_THREADS": "3"}
    assert load({}, environment).port == 8123
    assert load({"port": "9000"}, environment).port == 9000
    assert load({"port": None}, environment).threads == 3


def test_every_setting_has_exactly_one_option():
    assert sorted(option.field for option in OPTIONS) == sorted(Settings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("given", "environment", "sentence"),
    [
        ({"port": "http"}, {}, "--port is 'http', expected a whole number from 0 to 65535"),
        ({}, {"SAGEMAKER_BIND_TO_PORT": "70000"}, "SAGEMAKER_BIND_TO_PORT is '70000'"),
        ({}, {"SEATRIAL_CALL_TIMEOUT": "-1"}, "expected a positive number of seconds"),
        ({}, {"SEATRIAL_TRUST_PICKLE": "maybe"}, "expected 1 or 0"),
        ({"log_level": "loud"}, {}, "expected a log level"),
    ],
)
def test_a_wrong_value_names_its_source_what_was_found_and_what_was_expected(
    given: dict[str, str], environment: dict[str, str], sentence: str
):
    with pytest.raises(SettingError) as error:
        load(given, environment)
    assert sentence in str(error.value)


def test_every_duration_is_scaled_by_one_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEATRIAL_TIME_SCALE", "0.1")
    assert scaled(55) == pytest.approx(5.5)
    monkeypatch.setenv("SEATRIAL_TIME_SCALE", "0")
    with pytest.raises(SettingError, match="SEATRIAL_TIME_SCALE is '0'"):
        load({}, {})


@pytest.mark.parametrize("arguments", [("--port", "x"), ("--mutant", "no-such-fault")])
def test_a_wrong_value_ends_the_server_with_code_2_and_no_traceback(
    start_echo: Callable[..., Server], arguments: tuple[str, str]
):
    server = start_echo(*arguments)
    assert server.process.wait(PATIENCE) == 2
    assert len(server.log.splitlines()) == 1
    assert arguments[1] in server.log


def test_a_hundred_odd_variables_do_no_harm(start_echo: Callable[..., Server]):
    odd = {f"KEY_{number}": f"$HOME `x` ${{y}} \"'\\\n{{% z %}}=;\t{'v' * 200}" for number in range(100)}
    assert start_echo(**odd).ready().invoke(b"[1]").status_code == 200


def test_the_port_that_the_platform_names_is_listened_on(start_echo: Callable[..., Server]):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start_echo(SAGEMAKER_BIND_TO_PORT=str(port)).ready()
    assert server.port == port
