"""The servers on trial: what each folder beside this file says about itself in its `server.toml`.

Nothing is built or started here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HERE", "PROJECT", "Server", "servers"]

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


@dataclass(frozen=True)
class Server:
    """A server that nobody here wrote.

    Attributes:
        name: of its folder.
        title: of its page.
        about: what it is and how it is used here, Markdown.
        packages: whose versions the page names; the first is the one that is on trial.
        process: the command that starts it as a process, with `{port}` and `{model_dir}`.
        samples: valid requests, files that `make_model.py` writes.
        slow: the slow one.
        files: what the page shows of how it is started, files of the folder.
        environment: of the process, beside its own virtual environment.
    """

    name: str
    title: str
    about: str
    packages: tuple[str, ...]
    process: str
    samples: tuple[str, ...]
    slow: str
    files: tuple[str, ...]
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        """Its sources."""
        return HERE / self.name

    @property
    def venv(self) -> Path:
        """Its own virtual environment."""
        return PROJECT / ".venvs" / f"field-{self.name}"

    @property
    def berth(self) -> Path:
        """What `make_model.py` writes: `model/`, `bad-model/` and `requests/`."""
        return self.venv / "berth"

    @property
    def image(self) -> str:
        """Its image."""
        return f"seatrial-field-{self.name}:latest"

    @property
    def notes(self) -> Path:
        """What was found by hand."""
        return self.folder / "notes.md"


def servers() -> tuple[Server, ...]:
    """Every server, by name."""
    return tuple(map(_read, sorted(HERE.glob("*/server.toml"))))


def _read(path: Path) -> Server:
    said = tomllib.loads(path.read_text("utf-8"))
    lists = {name: tuple(said.pop(name)) for name in ("packages", "samples", "files")}
    return Server(name=path.parent.name, **lists, **said)
