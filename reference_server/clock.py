"""One place for time limits, so that a broken server can be judged in seconds instead of minutes.

Every duration of the contract (a call time-out, a keep-alive, the sleep of a slow mutant) passes through `scaled`.
`SEATRIAL_TIME_SCALE=0.1` makes all of them ten times shorter. The variable is read at each call because a warm
process forks children with different scales. It does not touch durations that a request asks for.
"""

import math
import os

VARIABLE = "SEATRIAL_TIME_SCALE"


def scale() -> float:
    """Return the factor on every contractual duration, 1.0 unless the environment says else.

    Raises:
        ValueError: the variable holds no positive number; the message is one sentence for the user.
    """
    text = os.environ.get(VARIABLE, "1")
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor > 0):
        raise ValueError(f"{VARIABLE} is {text!r}, expected a positive number such as 0.1: correct it or unset it")
    return factor


def scaled(seconds: float) -> float:
    """Return a contractual duration in seconds, multiplied by the scale of this process."""
    return seconds * scale()
