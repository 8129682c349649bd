"""The subject's faults of the wire, behind a `/ping` that is above reproach: `HOSTILE` names what calls meet.

It is the worse enemy: a trial goes on to drive a server that is ready.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

import subject

MEANS = os.environ.get("HOSTILE", "")
TURNS_AFTER = 3.0
BORN = time.monotonic()


class Handler(subject.Handler):
    """Healthy by the ping."""

    def do_GET(self) -> None:  # noqa: N802  the name that the base class calls
        """Answer the ping, for a while at least."""
        if MEANS == "turns" and time.monotonic() - BORN > TURNS_AFTER:
            return self.misbehave("silent")
        return super().do_GET()

    def do_POST(self) -> None:  # noqa: N802  the name that the base class calls
        """Whatever is meant."""
        self.misbehave("silent" if MEANS == "turns" else MEANS)

    def misbehave(self, means: str) -> None:
        """Send what is no answer."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            subject.WIRE[means](self.connection)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    subject.say("listening")
    subject.Server(("0.0.0.0", 8080), Handler).serve_forever()
