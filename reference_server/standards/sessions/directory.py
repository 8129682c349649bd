"""Where sessions are kept: the directory that was asked for, else memory, else the directory of temporary files.

A directory that cannot be used is never a reason not to start: the next one is taken, and the log says so.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.transforms.refusals import SettingsError

NAME = "sagemaker_sessions"
MEMORY = Path("/dev/shm")  # noqa: S108 - the place that the contract names
# Sessions are conversations: nobody else may read them.
OWN = 0o700


def usable(path: str | None) -> Path:
    """Make and return the directory for sessions.

    Args:
        path: what was asked for, None if nothing was.

    Raises:
        SettingsError: none of the places can be written.
    """
    tried: list[str] = []
    for candidate in _candidates(path):
        reason = _unusable(candidate)
        if reason is None:
            if tried:
                logger.warning("sessions are kept in %s, because %s", candidate, "; ".join(tried))
            return candidate
        tried.append(f"{candidate} cannot be used ({reason})")
    raise SettingsError(f"sessions can be kept nowhere: {'; '.join(tried)}: mount a directory that can be written")


def _candidates(path: str | None) -> Iterator[Path]:
    if path is None:
        yield MEMORY / NAME
    elif path:
        yield Path(path)
    temporary = Path(tempfile.gettempdir())
    yield temporary / NAME
    # The place of everybody may belong to somebody else.
    yield temporary / f"{NAME}-{os.getuid()}"


def _unusable(path: Path) -> str | None:
    """Try it: permissions alone do not tell of a file system that is full or only for reading."""
    trial = path / f".trial-{uuid.uuid4()}"
    try:
        path.mkdir(mode=OWN, parents=path.parent != MEMORY, exist_ok=True)
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        return error.strerror or str(error)
    return None
