"""`python -m seatrial.reference_server`: the first thing it does is to listen to SIGTERM.

As process 1 of a container Python has no default handler: a SIGTERM that comes while it starts would be lost. The image
starts it with the signal blocked, so that such a signal waits; from here on it is heard.
"""

import importlib
import os
import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    sys.exit(importlib.import_module("seatrial.reference_server.cli").main(sys.argv[1:]))
