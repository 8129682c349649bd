"""Where the locustfiles are: `locust -f "$(python -m seatrial.loadgen.spread.where users)" …`."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["ENGINE", "USERS", "locustfile"]

ENGINE, USERS = "engine", "users"


def locustfile(name: str) -> Path:
    """Return the locustfile of the workers of `loadgen --distributed` (`engine`), or that of Locust's own users."""
    return Path(__file__).with_name(f"locustfile_{name}.py").resolve()


def main(words: list[str]) -> int:
    """Print the path of a locustfile."""
    if len(words) > 1 or not {*words} <= {ENGINE, USERS}:
        sys.stderr.write(f"usage: python -m seatrial.loadgen.spread.where [{ENGINE}|{USERS}]\n")
        return 2
    sys.stdout.write(f"{locustfile(words[0] if words else ENGINE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
