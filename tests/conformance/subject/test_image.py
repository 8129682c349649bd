from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import docker
import pytest
from subjects.driving import faulty, ping, ready, until

from seatrial.conformance.subject.dial import Reach
from seatrial.conformance.subject.image import ImageLauncher, Ways
from seatrial.conformance.subject.launcher import (
    Ability,
    EngineError,
    FileChange,
    Files,
    LaunchSpec,
    Limits,
    Offer,
    SubjectError,
)
from seatrial.conformance.subject.model_dir import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.subject.container import ContainerInstance
    from seatrial.conformance.subject.lock import Run

    Launchers = Callable[..., ImageLauncher]
    Build = Callable[[str], str]
    Engine = docker.DockerClient


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    (folder / "code").mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    return folder


def inspect(engine: Engine, instance: ContainerInstance) -> dict[str, Any]:
    return engine.containers.get(instance.id).attrs


def test_a_container_is_started_as_the_platform_does(launcher: Launchers, faults: str, engine: Engine, model: Path):
    instance = launcher(faults, offer=Offer(model_dir=str(model))).launch(LaunchSpec())
    attrs = inspect(engine, instance)
    config, host = attrs["Config"], attrs["HostConfig"]
    assert config["Cmd"] == ["serve"]
    assert (config["Tty"], config["OpenStdin"], host["Init"]) == (False, False, False)
    assert (host["CapDrop"], host["SecurityOpt"], host["Privileged"]) == (None, None, False)
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (512 * 2**20, 512 * 2**20, 256)
    assert (host["ShmSize"], host["RestartPolicy"]["Name"]) == (64 * 2**20, "no")
    (mount,) = attrs["Mounts"]
    assert (mount["Destination"], mount["RW"]) == ("/opt/ml/model", False)
    (network,) = attrs["NetworkSettings"]["Networks"]
    assert engine.networks.get(network).attrs["Internal"]
    assert instance.address.host == attrs["NetworkSettings"]["Networks"][network]["IPAddress"]


def test_its_own_address_answers_and_sigterm_ends_it(launcher: Launchers, faults: str):
    made = launcher(faults)
    assert Ability.DIRECT_ADDRESS in made.abilities
    instance = ready(made.launch(LaunchSpec()))
    assert [line.text for line in instance.logs.lines] == ["listening on 0.0.0.0"]
    assert [(each.host, each.port, each.pid) for each in instance.listeners()] == [("0.0.0.0", 8080, 1)]
    (process,) = instance.processes()
    assert (process.pid, process.argv[-1]) == (1, "serve")
    instance.signal(signal.SIGTERM)
    state = instance.wait_exit(10)
    assert (state.running, state.exit_code, state.oom_killed, state.restarts) == (False, 0, False, 0)
    assert state.exited_at is not None
    assert state.exited_at <= instance.now() + 0.5
    instance.stop()
    instance.stop()
    assert instance.state() == state


def test_instances_differ_by_environment_and_host_name(launcher: Launchers, faults: str):
    made = launcher(faults, offer=Offer(env=(("SUBJECT_FAULT", "crash"),)))
    crashed = made.launch(LaunchSpec(name="user's"))
    assert crashed.wait_exit(20).exit_code == 1
    named = made.launch(LaunchSpec(name="named", env=(("SUBJECT_FAULT", ""),), hostname="h" * 63))
    assert ping(ready(named)) == 200


@pytest.mark.parametrize("files", [Files.READ_ONLY, Files.WRITABLE, Files.ODD])
def test_the_model_directory_is_a_copy(launcher: Launchers, faults: str, model: Path, files: Files):
    instance = launcher(faults, offer=Offer(model_dir=str(model))).launch(LaunchSpec(files=files))
    assert instance.model_tree() == tree(model)
    assert instance.file_changes() == ()


def test_nothing_is_mounted_unless_it_is_offered(launcher: Launchers, faults: str, engine: Engine):
    made = launcher(faults)
    instance = made.launch(LaunchSpec())
    assert inspect(engine, instance)["Mounts"] == []
    assert instance.model_tree() == ()
    instance.stop()
    assert len(inspect(engine, made.launch(LaunchSpec(files=Files.EMPTY)))["Mounts"]) == 1


@pytest.mark.parametrize("ways", [None, Ways(ask_engine=True)], ids=["in its layer", "asking the engine"])
def test_what_it_writes_is_seen(launcher: Launchers, static: Build, model: Path, ways: Ways | None):
    made = launcher(static("serve-script"), offer=Offer(model_dir=str(model)), ways=ways)
    instance = ready(made.launch(LaunchSpec(files=Files.WRITABLE)))
    container = made.engine.client.containers.get(instance.id)
    container.exec_run(["sh", "-c", "echo x > /var/new; rm /bin/tar; echo y > /opt/ml/model/cache"])
    changes = instance.file_changes()
    assert FileChange("/var/new", "added") in changes
    assert FileChange("/opt/ml/model/cache", "added") in changes
    assert any(change.path.endswith("/bin/tar") and change.kind == "deleted" for change in changes)
    assert not (model / "cache").exists()


def test_children_can_be_killed_and_the_first_process_lives(launcher: Launchers, static: Build):
    instance = ready(launcher(static("shell-pid-1")).launch(LaunchSpec()))
    first, child = instance.processes()
    assert (first.pid, first.argv[0], child.parent) == (1, "/bin/sh", 1)
    assert [killed.pid for killed in instance.kill_children()] == [child.pid]
    assert instance.wait_exit(10).exit_code == 0
    until(lambda: any(line.text == "over" for line in instance.logs.lines))


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("serve-missing", 127, "executable file not found in $PATH"),
        ("serve-not-executable", 127, "executable file not found in $PATH"),  # runtimes skip it while they look
    ],
)
def test_a_start_that_fails_at_once_is_an_instance_that_says_why(
    launcher: Launchers, static: Build, name: str, code: int, words: str
):
    instance = launcher(static(name)).launch(LaunchSpec())
    state = instance.wait_exit(10)
    assert (state.running, state.exit_code) == (False, code)
    assert words in state.error
    assert (instance.processes(), instance.listeners(), instance.address.port) == ((), (), 0)


@pytest.mark.parametrize("name", ["serve-crlf", "serve-wrong-arch", "serve-no-interpreter", "serve-no-shebang"])
def test_a_program_that_the_kernel_refuses_ends_at_once(launcher: Launchers, static: Build, name: str):
    instance = launcher(static(name)).launch(LaunchSpec())
    state = instance.wait_exit(10)
    assert not state.running
    assert state.exit_code
    said = state.error + " ".join(line.text for line in instance.logs.lines)
    assert "exec format error" in said or "no such file or directory" in said


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("serve-missing", {"path": ""}),
        ("serve-not-executable", {"executable": False, "kind": "script"}),
        ("serve-crlf", {"crlf": True}),
        ("serve-wrong-arch", {"kind": "elf", "architecture": "arm64"}),
        ("serve-no-interpreter", {"interpreter": "/usr/bin/nope", "interpreter_found": False}),
        ("serve-no-shebang", {"kind": "other"}),
        ("serve-script", {"executable": True, "interpreter": "/bin/sh", "interpreter_found": True, "crlf": False}),
    ],
)
def test_the_files_of_an_image_say_why_serve_cannot_start(
    run: Run, static: Build, name: str, expected: dict[str, object]
):
    made = ImageLauncher(static(name), Limits(), Offer(), run)
    image = made.prepare().image
    made.close()
    assert image is not None
    assert image.serve is not None
    assert {field: getattr(image.serve, field) for field in expected} == expected


@pytest.mark.parametrize("ask_engine", [False, True])
def test_driver_files_are_found_and_deleted_ones_are_not(run: Run, static: Build, ask_engine: bool):
    made = ImageLauncher(static("driver-inside"), Limits(), Offer(), run, ways=Ways(ask_engine=ask_engine))
    image = made.prepare().image
    made.close()
    assert image is not None
    # Over the engine the whole image is read, which a busy machine may not manage in the time allowed.
    assert image.driver_files in {("/usr/lib/x86_64-linux-gnu/libcuda.so.535.54.03",), None if ask_engine else ()}


@pytest.mark.parametrize("reach", [Reach.RELAY, Reach.PUBLISHED])
def test_an_engine_that_cannot_be_dialled_is_reached_all_the_same(
    launcher: Launchers, faults: str, model: Path, reach: Reach
):
    ways = Ways(reach=reach, volumes=True, ask_engine=True)
    made = launcher(faults, offer=Offer(model_dir=str(model)), ways=ways)
    assert Ability.DIRECT_ADDRESS not in made.abilities
    assert (Ability.ISOLATION in made.abilities) is (reach is Reach.RELAY)
    instance = ready(made.launch(LaunchSpec(files=Files.WRITABLE)))
    assert instance.address.host == "127.0.0.1"
    assert [(each.host, each.port) for each in instance.listeners()] == [("0.0.0.0", 8080)]
    assert [process.argv[-1] for process in instance.processes()] == ["serve"]
    assert instance.model_tree() == tree(model)
    made.engine.client.containers.get(instance.id).exec_run(["touch", "/opt/ml/model/cache"])
    assert instance.file_changes() == (FileChange("/opt/ml/model/cache", "added"),)
    instance.stop()
    assert ping(instance) == 0


def test_a_relay_resets_where_the_subject_refuses(launcher: Launchers, faults: str):
    instance = launcher(faults, ways=Ways(reach=Reach.RELAY)).launch(faulty("loopback"))
    until(lambda: instance.logs.total_lines > 0)
    assert ping(instance) == 0
    assert [listener.loopback for listener in instance.listeners()] == [True]


def test_the_users_network_is_used_unless_the_launch_is_isolated(launcher: Launchers, faults: str, engine: Engine):
    made = launcher(faults, Limits(memory_bytes=2**29, network="bridge"))
    open_one, closed = made.launch(LaunchSpec()), made.launch(LaunchSpec(isolated=True))
    networks = [
        list(engine.containers.get(each.id).attrs["NetworkSettings"]["Networks"]) for each in (open_one, closed)
    ]
    assert networks[0] == ["bridge"]
    assert networks[1] != ["bridge"]
    assert ping(ready(open_one)) == ping(ready(closed)) == 200


@pytest.mark.parametrize(
    ("image", "limits", "words"),
    [
        ("no-such-image", Limits(), "no such image: docker build -t no-such-image . or docker pull no-such-image"),
        ("not a name", Limits(), "--image not a name: .*invalid reference format: give a name or id"),
        (
            "seatrial-base:bookworm",
            Limits(network="nowhere"),
            "--trial-network nowhere: the engine has no such network",
        ),
        ("seatrial-base:bookworm", Limits(network="host"), "name a bridge network"),
        ("seatrial-base:bookworm", Limits(network="none"), "name a bridge network"),
    ],
)
def test_the_users_mistakes_are_one_sentence(run: Run, faults: str, image: str, limits: Limits, words: str):
    made = ImageLauncher(image or faults, limits, Offer(), run)
    with pytest.raises(SubjectError, match=words) as caught:
        made.prepare()
    made.close()
    assert "\n" not in str(caught.value)


def test_a_gpu_that_is_not_there_is_one_sentence(launcher: Launchers, faults: str):
    made = launcher(faults, Limits(gpus="all"))
    with pytest.raises(SubjectError, match="--trial-gpus all: the engine has none to give"):
        made.launch(LaunchSpec())


def test_an_engine_that_does_not_answer_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(EngineError, match=r"nobody\.sock does not answer: start it, or set DOCKER_HOST") as caught:
        ImageLauncher("any", Limits(), Offer(), run).prepare()
    assert "\n" not in str(caught.value)
