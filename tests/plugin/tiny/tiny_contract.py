"""A plugin that gives a trial a contract of eight clauses instead of the real one, so that a trial takes a second.

It is loaded with `-p tiny_contract` on the command line of a trial, like any plugin of a user's.
"""

from pathlib import Path

import seatrial.suites
from seatrial.conformance.session import trial

SUITES = Path(__file__).resolve().parent / "suites"

seatrial.suites.__path__.append(str(SUITES))
trial.SUITES = SUITES
