"""Files that a launch brings along: scripts beside the model directory, and files laid over a copy of it.

A scenario gives them as text. They are written into a folder of the run, readable by everybody and writable by nobody
but its owner, and the words `{trial_files}` and `{model_dir}` in the launch's variables become the places where the
subject finds them.
"""

from __future__ import annotations

import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seatrial.conformance.subject.lock import remove_tree

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import LaunchSpec

__all__ = ["MODEL_PATH_VARIABLE", "MODEL_WORD", "TRIAL_DIR", "TRIAL_WORD", "TrialCopies", "filled_env", "write_files"]

TRIAL_DIR = "/opt/seatrial-trial"
"""Where a container finds the trial files; no image has files of its own there, which the mount would hide."""
TRIAL_WORD, MODEL_WORD = "{trial_files}", "{model_dir}"
MODEL_PATH_VARIABLE = "SAGEMAKER_MODEL_PATH"
"""Tells a process, which has no `/opt/ml/model` of its own, where its model directory is."""

Texts = tuple[tuple[str, str], ...]


class TrialCopies:
    """Writes the trial files of one run's launches.

    Args:
        scratch: where folders are made.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()
        self._made = 0

    def get(self, spec: LaunchSpec) -> Path | None:
        """The folder for one launch; None where it neither brings a file nor names the folder."""
        if not spec.trial_files and not any(TRIAL_WORD in value for _, value in spec.env):
            return None
        with self._lock:
            self._made += 1
            folder = self._scratch / f"trial-files-{self._made}"
        folder.mkdir()
        folder.chmod(0o755)
        write_files(spec.trial_files, folder)
        return folder

    @staticmethod
    def drop(folder: Path | None) -> None:
        """The launch is over."""
        if folder is not None:
            remove_tree(folder)


def write_files(files: Texts, folder: Path) -> None:
    """Write texts by their relative paths into a folder, over what is there.

    Raises:
        ValueError: a path leads out of the folder.
    """
    for name, text in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise ValueError(f"the file {name!r} of a launch must lie inside its folder")
        target = folder / path
        for parent in reversed(target.relative_to(folder).parents[:-1]):
            if (folder / parent).is_file():
                (folder / parent).unlink()  # a folder is asked for where the user has a file
            (folder / parent).mkdir(exist_ok=True)
            (folder / parent).chmod(0o755)
        target.unlink(missing_ok=True)  # it may be a link to a file that others share
        target.write_text(text, "utf-8")
        target.chmod(0o644)


def filled_env(spec: LaunchSpec, *, trial_files: str, model_dir: str) -> dict[str, str]:
    """The variables of a launch with both words replaced by paths as the subject sees them."""
    return {name: value.replace(TRIAL_WORD, trial_files).replace(MODEL_WORD, model_dir) for name, value in spec.env}
