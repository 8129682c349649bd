from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from subjects import COMMAND
from subjects.driving import faulty, ping, ready, until

from seatrial.conformance.subject.launcher import Ability, FileChange, Files, LaunchSpec, Limits, Offer, SubjectError
from seatrial.conformance.subject.process import ProcessLauncher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seatrial.conformance.subject.lock import Run

PYTHON = sys.executable
LIMITS = Limits(memory_bytes=2**30, pids=200)


@pytest.fixture
def processes(run: Run) -> Iterator[Callable[..., ProcessLauncher]]:
    """Makes process launchers, and closes them."""
    made: list[ProcessLauncher] = []

    def make(command: str, offer: Offer | None = None, limits: Limits = LIMITS) -> ProcessLauncher:
        made.append(ProcessLauncher(command, limits, offer or Offer(), run))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def subject(processes: Callable[..., ProcessLauncher]) -> ProcessLauncher:
    return processes(COMMAND)


def printing(program: str, arguments: str = "") -> str:
    return f'{PYTHON} -c "{program}" {arguments}'


def test_a_server_serves_and_sigterm_ends_it(subject: ProcessLauncher):
    instance = ready(subject.launch(LaunchSpec()))
    assert [line.text for line in instance.logs.lines] == ["listening on 0.0.0.0"]
    assert [listener.port for listener in instance.listeners()] == [instance.address.port]
    assert instance.state().running
    instance.signal(signal.SIGTERM)
    state = instance.wait_exit(10)
    assert (state.running, state.exit_code) == (False, 0)
    assert state.exited_at is not None
    assert state.exited_at <= instance.now()


def test_two_instances_live_side_by_side(subject: ProcessLauncher):
    first, second = ready(subject.launch(LaunchSpec())), ready(subject.launch(LaunchSpec(name="other")))
    assert subject.parallel
    assert first.address != second.address
    first.stop()
    assert ping(second) == 200


def test_only_the_two_words_are_filled_in(processes: Callable[..., ProcessLauncher], tmp_path: Path):
    (tmp_path / "model").mkdir()
    words = "'{port}/{model_dir}/{other} {} {{port}} $HOME *'"
    launcher = processes(printing("import sys; print(sys.argv[1])", words), Offer(model_dir=str(tmp_path / "model")))
    instance = launcher.launch(LaunchSpec())
    instance.wait_exit(10)
    until(lambda: instance.logs.total_lines == 1)
    port, rest = instance.logs.lines[0].text.split("/", 1)
    assert port == str(instance.address.port)
    assert rest.endswith(f"/{{other}} {{}} {{{port}}} $HOME *")


def test_the_environment_is_the_users_then_the_launchs_and_not_the_harnesss(
    processes: Callable[..., ProcessLauncher], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "this one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody's business")
    monkeypatch.setenv("KEPT", "from the shell")
    names = "'A', 'B', 'KEPT', 'PYTEST_CURRENT_TEST', 'AWS_SECRET_ACCESS_KEY'"
    program = f"import os; print(*(os.environ.get(name) for name in ({names})))"
    launcher = processes(printing(program), Offer(env=(("A", "offered"), ("B", "offered"))))
    instance = launcher.launch(LaunchSpec(env=(("B", "launch"),)))
    instance.wait_exit(10)
    until(lambda: instance.logs.total_lines == 1)
    assert instance.logs.lines[0].text == "offered launch from the shell None None"


def test_it_has_no_terminal_no_input_a_session_of_its_own_and_every_signal_as_usual(
    processes: Callable[..., ProcessLauncher],
):
    program = (
        "import os, signal, sys; from signal import SIGHUP, SIGTERM;"
        "usual = [signal.getsignal(number) == signal.SIG_DFL for number in (SIGTERM, SIGHUP)];"
        "print(os.isatty(1), repr(sys.stdin.read()), os.getsid(0) == os.getpid(), all(usual),"
        " sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')))"
    )
    instance = processes(printing(program)).launch(LaunchSpec())
    instance.wait_exit(10)
    until(lambda: instance.logs.total_lines == 1)
    assert instance.logs.lines[0].text == "False '' True True ['0', '1', '2'] 4"


def test_a_signal_exit_is_counted_as_a_shell_would(subject: ProcessLauncher):
    instance = ready(subject.launch(LaunchSpec()))
    instance.signal(signal.SIGKILL)
    assert instance.wait_exit(10).exit_code == 137


def test_one_that_ignores_sigterm_is_ended_by_stop(subject: ProcessLauncher):
    instance = ready(subject.launch(faulty("ignore-term")))
    instance.signal(signal.SIGTERM)
    assert instance.wait_exit(0.5).running
    instance.stop()
    instance.stop()
    assert instance.state().exit_code == 137
    assert instance.processes() == ()


def test_what_left_the_session_is_seen_after_the_exit_and_ended(subject: ProcessLauncher):
    instance = ready(subject.launch(faulty("orphans")))
    instance.signal(signal.SIGTERM)
    instance.wait_exit(10)
    (orphan,) = instance.processes()
    assert "time.sleep(3600)" in orphan.argv[-1]
    instance.stop()
    assert not psutil.pid_exists(orphan.pid)


def test_children_can_be_killed_alone(processes: Callable[..., ProcessLauncher]):
    program = "import subprocess, time; subprocess.Popen(['sleep', '1000']); time.sleep(1000)"
    instance = processes(printing(program)).launch(LaunchSpec())
    until(lambda: any(process.argv[0] == "sleep" for process in instance.processes()))
    (killed,) = instance.kill_children()
    assert killed.argv == ("sleep", "1000")
    until(lambda: len(instance.processes()) == 1)
    assert instance.state().running


def test_a_loopback_bind_is_seen(subject: ProcessLauncher):
    instance = ready(subject.launch(faulty("loopback")))
    assert [listener.loopback for listener in instance.listeners()] == [True]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", instance.address.port), timeout=2)


def test_an_open_connection_is_seen(processes: Callable[..., ProcessLauncher]):
    ours = [each.address for some in psutil.net_if_addrs().values() for each in some if each.family == socket.AF_INET]
    address = next(each for each in ours if not each.startswith("127."))
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket, time; kept = socket.create_connection(('{address}', {port})); time.sleep(1000)"
        instance = processes(printing(program)).launch(LaunchSpec())
        until(lambda: instance.outgoing() == (f"{address}:{port}",))


def test_a_flood_is_drained_in_bounded_memory(subject: ProcessLauncher):
    before = psutil.Process().memory_info().rss
    instance = ready(subject.launch(faulty("log-flood")))
    assert instance.logs.total_bytes >= 400_000_000
    assert psutil.Process().memory_info().rss - before < 60 * 2**20
    assert instance.logs.lines[-2].text == "flood over"


def test_a_fork_bomb_is_ended_and_said(processes: Callable[..., ProcessLauncher]):
    instance = processes(COMMAND, limits=Limits(pids=40)).launch(faulty("fork-bomb"))
    state = instance.wait_exit(30)
    assert state.stopped_for.endswith("processes, more than 40")
    until(lambda: instance.processes() == ())


def test_too_much_memory_is_ended_and_said(processes: Callable[..., ProcessLauncher]):
    instance = processes(COMMAND, limits=Limits(memory_bytes=200 * 2**20)).launch(faulty("oom"))
    state = instance.wait_exit(30)
    assert state.exit_code == 137
    assert state.stopped_for.endswith("of memory, more than 200 MiB")


def test_a_crash_leaves_its_code_and_its_words(subject: ProcessLauncher):
    instance = subject.launch(faulty("crash"))
    assert instance.wait_exit(10).exit_code == 1
    until(lambda: any("no such tensor" in line.text for line in instance.logs.lines))
    assert {line.stream for line in instance.logs.lines} == {"stderr"}


def test_writes_to_the_model_directory_are_seen_and_not_the_users(
    processes: Callable[..., ProcessLauncher], tmp_path: Path
):
    model = tmp_path / "model"
    model.mkdir()
    program = "import sys, pathlib; pathlib.Path(sys.argv[1], 'cache').write_text('x')"
    launcher = processes(printing(program, "{model_dir}"), Offer(model_dir=str(model)))
    assert Ability.MOUNTS in launcher.abilities
    instance = launcher.launch(LaunchSpec(files=Files.WRITABLE))
    assert instance.wait_exit(10).exit_code == 0
    assert instance.file_changes() == (FileChange("/opt/ml/model/cache", "added"),)
    assert list(model.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "--process is empty"),
        ("python 'unclosed", "cannot be split into words: No closing quotation"),
        ("no-such-command --port {port}", "--process no-such-command: no such command"),
        ("/etc/passwd {port}", "--process /etc/passwd: no such command, or not executable"),
        ("python {model_dir}", "--trial-model-dir"),
    ],
)
def test_the_users_mistakes_are_one_sentence(processes: Callable[..., ProcessLauncher], command: str, words: str):
    with pytest.raises(SubjectError, match=words) as caught:
        processes(command).prepare()
    assert "\n" not in str(caught.value)


def test_a_file_that_no_kernel_starts_is_one_sentence(processes: Callable[..., ProcessLauncher], tmp_path: Path):
    program = tmp_path / "server"
    program.write_text("no shebang\n")
    program.chmod(0o755)
    with pytest.raises(SubjectError, match="cannot be run: Exec format error"):
        processes(f"{program} {{port}}").launch(LaunchSpec())


def test_a_port_in_use_is_one_sentence(processes: Callable[..., ProcessLauncher]):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        launcher = processes(printing("pass"), Offer(env=(("SAGEMAKER_BIND_TO_PORT", str(port)),)))
        assert not launcher.parallel
        with pytest.raises(SubjectError, match=f"port {port} is in use: .* write {{port}} in the command"):
            launcher.prepare()


HARNESS = """
import sys
from seatrial.conformance.subject.launcher import LaunchSpec, Limits, Offer
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.subject.process import ProcessLauncher
launcher = ProcessLauncher(sys.argv[1], Limits(), Offer(), Run.open())
instance = launcher.launch(LaunchSpec(env=(("SUBJECT_FAULT", "orphans"),)))
while len(instance.processes()) < 2:
    pass
print(*(process.pid for process in instance.processes()), flush=True)
input()
"""


def test_nothing_survives_a_harness_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    harness = subprocess.Popen(
        [PYTHON, "-c", HARNESS, COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert harness.stdout is not None
    pids = [int(word) for word in harness.stdout.readline().split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    harness.kill()
    harness.wait()
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
