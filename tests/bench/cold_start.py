"""Prints the seconds from `docker run IMAGE serve` to the first 200 of `/ping`: the launcher alone, no trial."""

from __future__ import annotations

import sys
import time

from seatrial.conformance.subject.image import ImageLauncher
from seatrial.conformance.subject.launcher import LaunchSpec, Limits, Offer
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor


def main(reference: str) -> float:
    """Start the image once and wait for it."""
    run = Run.open()
    launcher = ImageLauncher(reference, Limits(), Offer(), run)
    try:
        launcher.prepare()
        began = time.monotonic()
        instance = launcher.launch(LaunchSpec("bench"))
        client = Client(instance.address, origin=began, mask=Redactor(()))
        while client.get("/ping").status != 200:
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        launcher.close()
        run.close()


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1])}\n")
