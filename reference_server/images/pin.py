"""Writes what the images install, pinned, with nothing of the harness: `requirements.txt` and `requirements-llm.txt`.

`python3 reference_server/images/pin.py` reads the extra `server` of pyproject.toml and the server's part of the
dependencies, and has uv resolve them for every Python that the project supports; the image of a language model does
without the libraries of tables, which are most of the bytes. Standard library only.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1] / "pyproject.toml"
PINNED, PINNED_LLM = HERE / "requirements.txt", HERE / "requirements-llm.txt"
HEADER = "# Written by reference_server/images/pin.py from pyproject.toml, with nothing of the harness.\n"
OF_THE_SERVER = (
    "httptools", "jinja2", "numpy", "orjson", "safetensors", "tokenizers", "uvicorn", "uvloop", "wsproto",
)  # fmt: skip
OF_TABLES = ("joblib", "scikit-learn", "skops", "xgboost-cpu")


def main() -> int:
    """Run as a script."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    own = [one for one in project["dependencies"] if one.startswith(OF_THE_SERVER)]
    wanted = project["optional-dependencies"]["server"] + own
    without_tables = [one for one in wanted if not one.startswith(OF_TABLES)]
    return _pin(wanted, PINNED, "--upgrade") or _pin(without_tables, PINNED_LLM, "--constraint", str(PINNED))


def _pin(wanted: list[str], target: Path, *more: str) -> int:
    """Have some packages resolved; 1 where that failed."""
    # Plain output and no index lines: the file names packages, never hosts.
    flags = ("--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--quiet", *more)
    command = ["uv", "pip", "compile", *flags, "-"]
    done = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"uv could not resolve the extras: {done.stderr.strip()}\n")
        return 1
    target.write_text(HEADER + done.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
