"""The reference image: small, without the harness, started and stopped as the platform does it."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from support.serving import PATIENCE, until

from seatrial.reference_server import variants
from seatrial.reference_server.images import base, build
from seatrial.reference_server.variants import Kind

REFERENCE, LLM = "seatrial-reference:latest", "seatrial-reference:llm"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image() -> str:
    assert build.main([]) == 0
    return REFERENCE


@pytest.fixture
def container(image: str) -> Iterator[str]:
    """The image started as the platform does: the word `serve`, no route out, nothing writable."""
    name = f"seatrial-test-{uuid.uuid4().hex[:12]}"
    docker("network", "create", "--internal", name)
    docker("run", "--detach", "--name", name, "--network", name, "--read-only", image, "serve")
    yield name
    docker("rm", "--force", name)
    docker("network", "rm", name)


def address(container: str) -> str:
    networks = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", container))
    return f"http://{networks[container]['IPAddress']}:8080"


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ping", timeout=PATIENCE).status_code == 200
    except httpx.TransportError:
        return False


def test_it_serves_its_own_sample_and_stops_with_code_0(container: str):
    url = address(container)
    until(lambda: is_ready(url), "a ping of 200")
    sample = docker("exec", container, "cat", "/opt/ml/model/seatrial-sample.json")
    answer = httpx.post(f"{url}/invocations", content=sample, timeout=PATIENCE)
    assert len(answer.json()["predictions"]) == 3
    assert docker("diff", container) == ""
    docker("kill", "--signal", "TERM", container)
    assert docker("wait", container) == "0"


def test_a_sigterm_that_comes_before_python_has_begun_is_not_lost(image: str):
    name = f"seatrial-test-{uuid.uuid4().hex[:12]}"
    try:
        docker("run", "--detach", "--name", name, image, "serve")
        docker("kill", "--signal", "TERM", name)
        assert docker("wait", name) == "0"
    finally:
        docker("rm", "--force", name)


def test_it_holds_the_server_and_nothing_of_the_harness(image: str):
    listing = docker(
        "run", "--rm", "--entrypoint", "/bin/sh", image, "-c", "ls /opt/seatrial/lib/python3*/site-packages"
    )
    names = listing.split()
    assert {"uvicorn", "sklearn", "xgboost", "seatrial", "fastapi", "pip"} <= set(names)
    assert {"pytest", "docker", "hypothesis"}.isdisjoint(names)


def test_its_configuration_is_what_the_platform_wants(image: str):
    facts = json.loads(docker("image", "inspect", image))[0]
    config = facts["Config"]
    assert "/opt/seatrial/bin/python" in config["Entrypoint"]
    assert "PYTHONUNBUFFERED=1" in config["Env"]
    assert config["Labels"]["com.amazonaws.sagemaker.capabilities.accept-bind-to-port"] == "true"
    assert (config["User"], config.get("StopSignal")) == ("", None)
    assert facts["Size"] < 600_000_000


def test_customer_scripts_import_the_standards_by_their_public_name(image: str):
    line = "import model_hosting_container_standards.sagemaker as found; print(found.__name__)"
    printed = docker("run", "--rm", "--entrypoint", "python", image, "-c", line)
    assert printed == "seatrial.reference_server.standards.sagemaker"


def test_its_commands_are_on_the_path(image: str):
    variables = ("--env", "PROCESS_MAX_START_RETRIES=0", "--env", "SUPERVISOR_PROGRAM__APP_STARTSECS=0")
    entry = ("--entrypoint", "standard-supervisor", "--env", "SUPERVISOR_PROGRAM__APP_AUTORESTART=false")
    assert docker("run", "--rm", *entry, *variables, image, "echo", "a  b") == "a  b"
    listing = docker("run", "--rm", "--entrypoint", "sh", image, "-c", "command -v generate-supervisor-config")
    assert listing == "/opt/seatrial/bin/generate-supervisor-config"


def test_watched_by_the_supervisor_it_stops_with_code_0(image: str):
    name = f"seatrial-test-{uuid.uuid4().hex[:12]}"
    try:
        docker("run", "--detach", "--read-only", "--name", name, "--env", "PROCESS_AUTO_RECOVERY=true", image, "serve")
        until(lambda: "listening on" in logs(name), "a server")
        assert "standards.supervisor" in docker("top", name)
        docker("kill", "--signal", "TERM", name)
        assert docker("wait", name) == "0"
    finally:
        docker("rm", "--force", name)


def logs(name: str) -> str:
    done = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.stdout + done.stderr


def test_building_it_again_builds_nothing(image: str):
    before = docker("image", "inspect", "--format", "{{.Id}}", image)
    assert not build.reference(image, base_name=build.USUAL_BASE, backend="sklearn")
    assert docker("image", "inspect", "--format", "{{.Id}}", image) == before


def test_a_variant_of_the_image_is_one_layer_on_it(image: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(variants, "_registry", dict(variants._registry))  # noqa: SLF001 - left as it was found

    @variants.mutant(kills="image.stop-signal", reason="WHY", layer="image", name="test-stop-signal")
    def stops_by_quit(lines: str) -> str:
        return lines + "STOPSIGNAL SIGQUIT\n"

    tag = build.variant(Kind.MUTANT, "test-stop-signal", on=image)
    try:
        facts = json.loads(docker("image", "inspect", tag))[0]
        assert facts["Config"]["StopSignal"] == "SIGQUIT"
        assert facts["Parent"] == docker("image", "inspect", "--format", "{{.Id}}", image)
    finally:
        docker("rmi", tag)


def test_the_base_is_left_alone_where_it_exists(image: str):
    del image
    if not base.exists(base.DEFAULT_TAG):
        pytest.skip("the usual base could be pulled here, so none was made")
    done = subprocess.run(["python3", base.__file__], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.stdout == f"{base.DEFAULT_TAG} exists already\n"


def test_a_release_that_no_apt_source_offers_is_one_sentence():
    with pytest.raises(base.BaseImageError, match="no apt source of this machine offers 'hamm'"):
        base.mirror("hamm")


def test_the_image_of_a_language_model_is_smaller_and_streams_at_a_pace_that_can_be_seen(image: str):
    assert build.main(["--backend", "llm"]) == 0
    listing = docker("run", "--rm", "--entrypoint", "/bin/sh", LLM, "-c", "ls /opt/seatrial/lib/python3*/site-packages")
    assert {"tokenizers", "safetensors", "numpy", "seatrial"} <= set(listing.split())
    assert not {"sklearn", "scipy", "xgboost", "pytest"} & set(listing.split())
    sizes = [int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (LLM, image)]
    assert sizes[0] < 0.75 * sizes[1]
    name = docker("run", "--detach", LLM, "serve")
    try:
        url = f"http://{docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name)}:8080"
        until(lambda: is_ready(url), "a ping of 200")
        request = docker("exec", name, "cat", "/opt/seatrial/requests/stream-events.json")
        with httpx.stream("POST", f"{url}/invocations", content=request, timeout=PATIENCE) as answer:
            began = time.monotonic()
            events = list(answer.iter_lines())
        assert time.monotonic() - began > 0.4
        assert events[-2] == "data: [DONE]"
        assert {entry["id"] for entry in httpx.get(f"{url}/v1/models", timeout=PATIENCE).json()["data"]} >= {
            "alpha",
            "beta",
        }
    finally:
        docker("rm", "--force", name)
