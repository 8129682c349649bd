"""Keeps one command running: starts it again whenever it ends, and gives up when it cannot be started.

- A process that ran for `start_seconds` counts as started: whatever its exit code, the next one follows at once.
- One that ended sooner has failed to start: the n-th failure in a row is followed by a pause of n seconds, the failure
  after the last retry by the end, with exit code 1, so that the container ends and its platform can act.
- A stop signal is passed on to the whole group, which may drain as long as the platform allows; then exit code 0.
- Nothing of a crashed group is left when the next one starts: workers would hold its port.
"""

import time
from collections.abc import Sequence

from seatrial.reference_server.standards.supervisor.family import Family, StopRequested, pause
from seatrial.reference_server.standards.supervisor.settings import SupervisorSettings
from seatrial.reference_server.standards.supervisor.telling import Level, Teller

GAVE_UP = 1


class Supervisor:
    """Watches a command. Signals must be held (`family.hold_signals`).

    Args:
        command: what to keep running.
        settings: how.
    """

    def __init__(self, command: Sequence[str], settings: SupervisorSettings) -> None:
        self.command = command
        self.settings = settings
        self.tell = Teller(settings.log_level)
        self.family: Family | None = None
        self.failures = 0

    def run(self) -> int:
        """Keep it running until told to stop, or until it cannot be started, and return the exit code."""
        try:
            while True:
                code = self.run_once()
                if not self.settings.restart:
                    return code if code >= 0 else 128 - code
                if self.failures > self.settings.retries:
                    self.tell(Level.CRITICAL, f"giving up after {self.failures} failed starts, exit code {GAVE_UP}")
                    return GAVE_UP
                pause(self.delay())
        except StopRequested:
            return self.stop()
        except OSError as error:
            self.tell(Level.CRITICAL, f"{self.command[0]!r} cannot be run: {error.strerror or error}")
            return GAVE_UP

    def run_once(self) -> int:
        """Run the command to its end, and return its exit code."""
        began = time.monotonic()
        self.family = Family(self.command)
        self.tell(Level.INFO, f"started process {self.family.pid}: {self.command[0]}")
        code = self.family.wait()
        lasted = time.monotonic() - began
        self.failures = 0 if lasted >= self.settings.start_seconds else self.failures + 1
        level = Level.WARN if self.failures else Level.INFO
        self.tell(
            level, f"process {self.family.pid} ended with code {code} after {lasted:.1f} s{self._which_failure()}"
        )
        self.family.kill()
        return code

    def delay(self) -> float:
        """Return the seconds until the next start."""
        return float(self.failures)

    def stop(self) -> int:
        """Have the group end, give it the time to drain, and return the exit code."""
        if self.family is None:
            return 0
        number, seconds = self.settings.stop_signal, self.settings.stop_seconds
        self.tell(Level.INFO, f"stopping process {self.family.pid} by {number.name}, it has {seconds:g} s to finish")
        self.family.signal(number)
        if self.family.drained(seconds):
            return 0
        self.tell(Level.ERROR, f"process {self.family.pid} has not finished within {seconds:g} s: killed")
        self.family.kill()
        return GAVE_UP

    def _which_failure(self) -> str:
        return f" (failed start {self.failures}, {self.settings.retries} retries)" if self.failures else ""
