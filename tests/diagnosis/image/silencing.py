"""A module of logging that takes the root logger for its own when it is imported."""

import logging

from seatrial.reference_server.standards.logging_config import *  # noqa: F403  it stands in its place
from seatrial.reference_server.standards.logging_config import get_logger, logger

__all__ = ["get_logger", "logger"]

logging.getLogger().setLevel(logging.ERROR)
for handler in logging.getLogger().handlers:
    handler.setLevel(logging.ERROR)
