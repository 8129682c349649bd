"""Writes `requirements.txt`: what the image installs, pinned, with nothing of the harness.

`python3 reference_server/images/pin.py` reads the extras `server` and `llm` of pyproject.toml and has uv resolve them
for every Python that the project supports. Standard library only.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1] / "pyproject.toml"
PINNED = HERE / "requirements.txt"
HEADER = "# Written by reference_server/images/pin.py from the extras `server` and `llm` of pyproject.toml.\n"


def main() -> int:
    """Run as a script."""
    extras = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    wanted = extras["server"] + extras["llm"]
    # Plain output and no index lines: the file names packages, never hosts.
    flags = ("--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--upgrade", "--quiet")
    command = ["uv", "pip", "compile", *flags, "-"]
    done = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"uv could not resolve the extras: {done.stderr.strip()}\n")
        return 1
    PINNED.write_text(HEADER + done.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
