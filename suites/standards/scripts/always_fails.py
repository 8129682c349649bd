"""A customer's script whose import takes two seconds and then fails: a server that dies at every start."""

import os
import sys
import time

LIVES = 2.0

print(f"seatrial-trial {os.environ.get('SEATRIAL_NONCE', '')} start", file=sys.stderr, flush=True)
time.sleep(LIVES)
raise RuntimeError("seatrial: this script fails on purpose")
