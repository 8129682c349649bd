"""Imports every module of scenarios of this profile, which registers them. The order here is the order of driving."""

from seatrial.suites.openai.scenarios import present, chats, parameters, errors, beside, client  # isort: skip

__all__ = ["beside", "chats", "client", "errors", "parameters", "present"]
