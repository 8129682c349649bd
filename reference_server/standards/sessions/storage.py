"""The files of sessions, which are the only truth: every process that looks at them sees the same sessions.

A session is the directory `<root>/<id>` with the file `.expiration_ts`, a JSON number of seconds since 1970. There is
no lock: a directory appears under its name at once, by being renamed, and of several processes that take it away one
succeeds in renaming it. What is no session (files, directories without that file) is never touched.
"""

import contextlib
import json
import math
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXPIRATION = ".expiration_ts"
ENTERING = ".new-"
LEAVING = ".closed-"
# Seconds after which what a process began and did not finish is cleared away: it has died.
FORGOTTEN = 60.0
# Names that are a single harmless path component; others were never created here.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


class SessionFiles:
    """The sessions of one directory.

    Args:
        root: the directory; it exists.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        # When a session ends is settled when it begins, so that a sweep reads each file once.
        self._ends: dict[str, float] = {}

    def add(self, session_id: str, ends: float) -> None:
        """Make a session, visible to others once it is complete.

        Raises:
            OSError: it cannot be written.
        """
        entering = self.root / f"{ENTERING}{uuid.uuid4()}"
        try:
            entering.mkdir(mode=0o700)
            (entering / EXPIRATION).write_text(json.dumps(ends))
            entering.rename(self.root / session_id)
        except OSError:
            shutil.rmtree(entering, ignore_errors=True)
            raise

    def ends(self, session_id: str) -> float | None:
        """Return when a session ends, in seconds since 1970; None if there is no such session."""
        if _ID.fullmatch(session_id) is None:
            return None
        try:
            read = json.loads((self.root / session_id / EXPIRATION).read_text())
        except (OSError, ValueError):
            return None
        return float(read) if _is_time(read) else None

    def remove(self, session_id: str) -> bool:
        """Remove a session; of several that do so at once, one is told that it did."""
        if _ID.fullmatch(session_id) is None:
            return False
        leaving = self.root / f"{LEAVING}{uuid.uuid4()}"
        try:
            (self.root / session_id).rename(leaving)
        except OSError:
            return False
        self._ends.pop(session_id, None)
        shutil.rmtree(leaving, ignore_errors=True)
        return True

    def sweep(self, now: float) -> int:
        """Remove the sessions that have ended, and return how many."""
        names = set(self._names(now))
        for gone in self._ends.keys() - names:
            self._ends.pop(gone, None)
        return sum(self._expired(name, now) and self.remove(name) for name in names)

    def put(self, session_id: str, key: str, value: Any) -> None:
        """Keep a JSON value in a session.

        Raises:
            ValueError: the key is no plain name.
            OSError: there is no such session any more.
        """
        path = self._value(session_id, key)
        entering = path.with_name(f"{ENTERING}{uuid.uuid4()}")
        entering.write_text(json.dumps(value))
        entering.replace(path)

    def get(self, session_id: str, key: str, default: Any = None) -> Any:
        """Return a value that was kept in a session."""
        try:
            return json.loads(self._value(session_id, key).read_text())
        except OSError:
            return default

    def _value(self, session_id: str, key: str) -> Path:
        if _ID.fullmatch(session_id) is None or _KEY.fullmatch(key) is None:
            raise ValueError(f"the key of a session is {key!r}, expected a name of letters, digits, '_', '.' and '-'")
        return self.root / session_id / f"{key}.json"

    def _expired(self, name: str, now: float) -> bool:
        known = self._ends.get(name)
        if known is not None and known > now:
            return False
        # Read again: the file decides.
        ends = self.ends(name)
        if ends is None:
            return False
        self._ends[name] = ends
        return ends <= now

    def _names(self, now: float) -> Iterator[str]:
        with contextlib.suppress(OSError), os.scandir(self.root) as entries:
            for entry in entries:
                if entry.name.startswith((ENTERING, LEAVING)):
                    _clear_forgotten(entry, now)
                elif entry.is_dir(follow_symlinks=False) and _ID.fullmatch(entry.name):
                    yield entry.name


def _clear_forgotten(entry: "os.DirEntry[str]", now: float) -> None:
    with contextlib.suppress(OSError):
        if entry.stat(follow_symlinks=False).st_mtime < now - FORGOTTEN:
            shutil.rmtree(entry.path, ignore_errors=True)


def _is_time(read: object) -> bool:
    return isinstance(read, int | float) and not isinstance(read, bool) and math.isfinite(read)
