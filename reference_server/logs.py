"""Logging: one line an event, to standard error, at once.

The platform collects what a container prints, and nothing else (`aws:adapt-container`). No line for a ping, one for
each request that fails, a traceback for each exception that nobody expected.
"""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log = logging.getLogger("seatrial.server")


def configure(level: str) -> None:
    """Send all logs of this process to standard error.

    Args:
        level: a level name of the logging module, such as `INFO`.
    """
    logging.basicConfig(level=level, format=FORMAT, stream=sys.stderr, force=True)
    # uvicorn tells of its own start and stop; our own lines say it with the model's name.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelName(level)))


def flush() -> None:
    """Write out everything that is still buffered."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
