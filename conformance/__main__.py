"""`python -m seatrial.conformance`: the command `seatrial` where its script is not on PATH."""

import sys

from seatrial.conformance.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
