"""`python -m seatrial.loadgen` is the command `loadgen`."""

import sys

from seatrial.loadgen.cli import main

sys.exit(main())
