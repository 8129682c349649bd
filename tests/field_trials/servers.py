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
        kinds: what it is tried as.
        options: further options of the trial; `{berth}` stands for the folder of that name.
        opt_in: whether it is tried only when it is named: its image is large, or it is slow.
        model: what `make_model.py` wrote for it, a folder of the berth.
        like: another server, whose image, environment and berth it uses.
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
    kinds: tuple[str, ...] = ("image", "process")
    options: tuple[str, ...] = ()
    opt_in: bool = False
    model: str = "model"
    like: str = ""

    @property
    def folder(self) -> Path:
        """Its sources."""
        return HERE / self.name

    @property
    def source(self) -> Path:
        """What it is made from: its pins, its model, its Dockerfile."""
        return HERE / (self.like or self.name)

    @property
    def venv(self) -> Path:
        """Its virtual environment."""
        return PROJECT / ".venvs" / f"field-{self.source.name}"

    @property
    def berth(self) -> Path:
        """What `make_model.py` writes: `model/`, `bad-model/` and `requests/`."""
        return self.venv / "berth"

    @property
    def image(self) -> str:
        """Its image."""
        return f"seatrial-field-{self.source.name}:latest"

    @property
    def notes(self) -> Path:
        """What was found by hand."""
        return self.folder / "notes.md"


def servers() -> tuple[Server, ...]:
    """Every server, by name."""
    return tuple(map(_read, sorted(HERE.glob("*/server.toml"))))


def _read(path: Path) -> Server:
    said = tomllib.loads(path.read_text("utf-8"))
    lists = {name: tuple(said.pop(name, ())) for name in ("packages", "samples", "files", "options")}
    lists["kinds"] = tuple(said.pop("kinds", ("image", "process")))
    return Server(name=path.parent.name, **lists, **said)
