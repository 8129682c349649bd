"""Faults in what the log shows, and when."""

import io
import logging
import os
import sys
import threading

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.logs import log
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant

LATE = 3.0
BUFFER = 4096


@mutant(kills="logs.to-stdout", reason="start-not-logged", layer="process")
def logs_to_a_file(process: type[ServerProcess]) -> type[ServerProcess]:
    """Log to a file that nobody outside ever sees."""

    class ToFile(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def configure_logs(self) -> None:
            logging.basicConfig(level=logging.INFO, filename=os.devnull, force=True)

    return ToFile


@mutant(kills="logs.to-stdout", reason="failure-not-logged", layer="process")
def keeps_failures_to_itself(process: type[ServerProcess]) -> type[ServerProcess]:
    """Log the start, and no request that fails."""

    class Quiet(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            log.setLevel(logging.CRITICAL)

    return Quiet


@mutant(kills="logs.prompt", reason="logged-late", layer="process")
def logs_late(process: type[ServerProcess]) -> type[ServerProcess]:
    """Hand each line to a log shipper that forwards it after three seconds."""

    class LateHandler(logging.StreamHandler):  # type: ignore[type-arg]
        def emit(self, record: logging.LogRecord) -> None:
            timer = threading.Timer(scaled(LATE), super().emit, (record,))
            timer.daemon = True
            timer.start()

    class Late(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            logging.basicConfig(handlers=[LateHandler(sys.stderr)], level=logging.INFO, force=True)

    return Late


@mutant(kills="logs.prompt", reason="logged-late", layer="process")
def buffers_its_log(process: type[ServerProcess]) -> type[ServerProcess]:
    """Write the log in blocks of 4 KB, as programs do with standard output where there is no terminal."""

    class Buffers(process):  # type: ignore[misc,valid-type]
        def configure_logs(self) -> None:
            super().configure_logs()
            blocks = os.fdopen(os.dup(2), "wb", buffering=BUFFER)
            handler = logging.StreamHandler(io.TextIOWrapper(blocks, write_through=True))
            handler.flush = lambda: None  # type: ignore[method-assign]
            logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)

    return Buffers


@mutant(
    kills="logs.failed-start-explained",
    reason="failed-start-silent",
    layer="process",
    also=["start.bad-model-fails-loudly"],
)
def sends_stderr_to_nowhere(process: type[ServerProcess]) -> type[ServerProcess]:
    """Send the log to /dev/null where the start may fail."""

    class ToNowhere(process):  # type: ignore[misc,valid-type]
        def configure_logs(self) -> None:
            if self.settings.model:
                super().configure_logs()
            else:
                logging.basicConfig(level=logging.INFO, filename=os.devnull, force=True)

    return ToNowhere


@mutant(
    kills="logs.failed-start-explained",
    reason="failed-start-unexplained",
    layer="process",
    also=["start.bad-model-fails-loudly"],
)
def ends_without_a_reason(process: type[ServerProcess]) -> type[ServerProcess]:
    """End when the model cannot be loaded, and keep the exception to itself."""

    class Ends(process):  # type: ignore[misc,valid-type]
        async def load(self, server: ModelServer) -> None:
            if self.settings.model:
                await super().load(server)
            else:
                log.info("shutting down")
                self.fail()

    return Ends
