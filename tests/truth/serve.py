"""Starts the ground truth as a child process, and gives back its log when it is stopped."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from truth.log import Log, read

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Form", "NoCompiler", "Truth", "compiled", "serve"]

HERE = Path(__file__).parent
SOURCES = ("truth.c", "answer.h", "core.h")
PATIENCE = 30.0


class Form(Enum):
    """Which of the two programs."""

    C = auto()
    TWIN = auto()


class NoCompiler(Exception):
    """The C form cannot be had here; the text says why in one sentence."""


def compiled() -> Path:
    """Return the C form, compiled into a cache folder unless these very sources have been before.

    Raises:
        NoCompiler: there is no `cc`, or it fails.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler(
            "no C compiler (cc) is on PATH, so the C form of the ground truth cannot be built: install gcc"
        )
    text = b"".join((HERE / name).read_bytes() for name in SOURCES)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "seatrial"
    program = cache / f"truth-{hashlib.sha256(text).hexdigest()[:16]}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fresh = Path(folder) / "truth"
            built = subprocess.run(
                [compiler, "-O2", "-o", fresh, HERE / "truth.c"], capture_output=True, text=True, check=False
            )
            if built.returncode:
                raise NoCompiler(
                    f"{compiler} cannot build tests/truth/truth.c: {built.stderr.strip().splitlines()[-1]}"
                )
            fresh.rename(program)
    return program


@dataclass(frozen=True)
class Truth:
    """A running ground truth.

    Attributes:
        process: the child.
        port: on loopback.
        url: without a path.
        file: where the log will be.
    """

    process: subprocess.Popen[str]
    port: int
    url: str
    file: Path

    def log(self) -> Log:
        """The log so far, of a server without TLS."""
        with urllib.request.urlopen(f"{self.url}/log", timeout=PATIENCE) as answer:  # noqa: S310  # our own child, on loopback
            return read(answer.read())

    def stop(self) -> Log:
        """End the server and return its whole log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        if code:
            raise RuntimeError(f"the ground truth ended with {code}")
        return read(self.file.read_bytes())


@contextmanager
def serve(form: Form = Form.TWIN, core: int | None = None, **options: float | Path) -> Iterator[Truth]:
    """Start a ground truth for the length of a `with`.

    Args:
        form: which program.
        core: the core to pin it to; None for any.
        options: of its command line: `delay_ms=5, stall_at=1`; `truth` lists them.
    """
    command = ["taskset", "-c", str(core)] if core is not None else []
    command += [str(compiled())] if form is Form.C else [sys.executable, "-m", "truth.twin"]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    env = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        process = subprocess.Popen([*command, "--log", str(file)], env=env, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            word, _, port = process.stdout.readline().partition(" ")
            if word != "listening":
                raise RuntimeError(f"the ground truth did not start: {' '.join(command)}")
            scheme = "https" if "cert" in options else "http"
            yield Truth(process, int(port), f"{scheme}://127.0.0.1:{int(port)}", file)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]  # a pipe was asked for
