"""`python -m seatrial.reference_server.standards.supervisor COMMAND…` is `standard-supervisor COMMAND…`."""

import sys

from seatrial.reference_server.standards.supervisor.command import main

if __name__ == "__main__":
    sys.exit(main())
