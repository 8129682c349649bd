"""Settings: the command line wins over the environment, and a wrong value is one sentence and exit code 2."""

import socket
from collections.abc import Callable
from pathlib import Path

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
        ({"engine": "triton"}, {}, "--engine is 'triton', expected auto, light, transformers or vllm"),
        ({"device": "tpu"}, {}, "expected auto, cpu or cuda"),
        ({}, {"OPTION_DTYPE": "int8"}, "OPTION_DTYPE is 'int8', expected auto, float32, float16 or bfloat16"),
        ({}, {"OPTION_MAX_ROLLING_BATCH_SIZE": "many"}, "OPTION_MAX_ROLLING_BATCH_SIZE is 'many', expected a whole"),
        ({}, {"OPTION_TENSOR_PARALLEL_DEGREE": "all"}, "expected a whole number from 1 to 1024 or max"),
        ({}, {"SERVING_JOB_QUEUE_SIZE": "0"}, "SERVING_JOB_QUEUE_SIZE is '0'"),
        ({}, {"SM_VLLM_MAX_NUM_SEQS": ""}, "SM_VLLM_MAX_NUM_SEQS is 'true'"),
        ({"engine_arguments": "=3"}, {}, "expected words of the form NAME=VALUE"),
    ],
)
def test_a_wrong_value_names_its_source_what_was_found_and_what_was_expected(
    given: dict[str, str], environment: dict[str, str], sentence: str
):
    with pytest.raises(SettingError) as error:
        load(given, environment)
    assert sentence in str(error.value)


def test_each_source_wins_over_those_after_it(tmp_path: Path):
    (tmp_path / "serving.properties").write_text("# a comment\noption.max_model_len = 300\noption.dtype=\n")
    given: dict[str, str | None] = {"max_model_len": "100", "model_dir": str(tmp_path)}
    environment = {
        "SEATRIAL_MAX_MODEL_LEN": "200",
        "OPTION_MAX_MODEL_LEN": "400",
        "SM_VLLM_MAX_MODEL_LEN": "500",
        "OPTION_DTYPE": "bf16",
        "OPTION_MODEL_ID": "",
    }
    lengths = [load(given, environment).max_model_len]
    given["max_model_len"] = None
    for variable in ("SEATRIAL_MAX_MODEL_LEN", "serving.properties", "OPTION_MAX_MODEL_LEN", "SM_VLLM_MAX_MODEL_LEN"):
        lengths.append(load(given, environment).max_model_len)
        environment.pop(variable, None)
        if variable == "serving.properties":
            (tmp_path / variable).unlink()
    assert lengths == [100, 200, 300, 400, 500]
    settings = load(given, environment)
    assert (settings.max_model_len, settings.dtype, settings.model) == (0, "bfloat16", "")


def test_a_language_models_settings_come_by_lmis_and_by_vllms_names():
    lmi = {"OPTION_ENGINE": "Python", "OPTION_TENSOR_PARALLEL_DEGREE": "max", "OPTION_ENABLE_LORA": "false"}
    settings = load({}, {**lmi, "OPTION_MAX_ROLLING_BATCH_SIZE": "32", "SERVING_JOB_QUEUE_SIZE": "9"})
    assert (settings.engine, settings.tensor_parallel_degree, settings.enable_lora) == ("auto", 0, False)
    assert (settings.slots, settings.queue_limit) == (32, 9)
    vllm = {"SM_VLLM_TENSOR_PARALLEL_SIZE": "2", "SM_VLLM_ENABLE_LORA": "", "SM_VLLM_MAX_LORAS": "3"}
    settings = load({"engine": "vllm"}, {**vllm, "SM_VLLM_MODEL": "/models/a"})
    assert (settings.engine, settings.tensor_parallel_degree, settings.max_loras) == ("vllm", 2, 3)
    assert (settings.enable_lora, settings.model) == (True, "/models/a")


def test_what_is_no_option_here_is_kept_for_the_engine(tmp_path: Path):
    (tmp_path / "serving.properties").write_text("engine=Python\noption.seed=7\noption.rolling_batch=auto\n")
    environment = {"OPTION_SEED": "6", "OPTION_blockSize": "16", "SM_VLLM_ENFORCE_EAGER": "", "SERVING_SEED": "5"}
    settings = load({"model_dir": str(tmp_path), "engine_arguments": "--swap-space=4 async"}, environment)
    assert dict(settings.engine_arguments) == {
        "enforce_eager": "true",
        "seed": "7",
        "blockSize": "16",
        "rolling_batch": "auto",
        "swap_space": "4",
        "async": "true",
    }


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
