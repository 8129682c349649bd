"""What a user may set: one frozen value, filled from the command line over the environment over defaults."""

from seatrial.reference_server.settings.options import OPTIONS, Option, SettingError
from seatrial.reference_server.settings.sources import load
from seatrial.reference_server.settings.values import Settings

__all__ = ["OPTIONS", "Option", "SettingError", "Settings", "load"]
