"""Imports every module of scenarios of this profile, which registers them. The order here is the order of driving."""

from seatrial.suites.bidirectional.scenarios import upgrade, idle, messages, pings  # isort: skip
from seatrial.suites.bidirectional.scenarios import closes, refusals, crowd, losses, stop  # isort: skip

__all__ = ["closes", "crowd", "idle", "losses", "messages", "pings", "refusals", "stop", "upgrade"]
