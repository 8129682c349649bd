"""Builds the reference image, and one-layer images of its variants.

    python -m seatrial.reference_server.images.build                     seatrial-reference:latest
    python -m seatrial.reference_server.images.build --backend xgboost   seatrial-reference:xgboost
    python -m seatrial.reference_server.images.build --backend llm       seatrial-reference:llm, a language model
    python -m seatrial.reference_server.images.build --mutant NAME       seatrial-mutant:NAME, on the first

BASE (or `--base`) names the base image. Where it can be neither found nor pulled, a base made without any registry
stands in (`base.py`), and a line says so. An image whose inputs have not changed is not built again. It runs from a
checkout, drives the `docker` command, and needs nothing but the standard library and uv.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from seatrial.reference_server import variants
from seatrial.reference_server.images import base
from seatrial.reference_server.variants import Kind, Layer, VariantError

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
USUAL_BASE = "python:3.12-slim"
REFERENCE = "seatrial-reference"
INPUTS = "seatrial.inputs"
REQUIREMENTS = {"llm": "requirements-llm.txt"}
PACE = {"llm": "5"}
"""Milliseconds a token: the sample model would answer too fast for anybody to see it stream."""
PULL_TIMEOUT = 300.0


class BuildError(Exception):
    """The image cannot be built; the message is one sentence."""


def reference(tag: str, *, base_name: str, backend: str, force: bool = False) -> bool:
    """Build the reference image where its inputs have changed.

    Args:
        tag: its name.
        base_name: the base image to build on, if it can be had.
        backend: whose sample model to train into it.
        force: build in any case.

    Returns:
        Whether anything was built.

    Raises:
        BuildError, BaseImageError: a step failed.
    """
    source = usable_base(base_name)
    inputs = digest(_docker("image", "inspect", "--format", "{{.Id}}", source), backend)
    if not force and base.exists(tag) and _label(tag) == inputs:
        return False
    with tempfile.TemporaryDirectory(prefix="seatrial-image-") as folder:
        context = Path(folder)
        shutil.copy(HERE / REQUIREMENTS.get(backend, "requirements.txt"), context / "requirements.txt")
        shutil.copy(HERE / "Dockerfile", context)
        shutil.copytree(HERE / "files", context / "files")
        _wheel(context)
        given = {"BASE": source, "BACKEND": backend, "TOKEN_INTERVAL": PACE.get(backend, "0")}
        arguments = [word for name, value in given.items() for word in ("--build-arg", f"{name}={value}")]
        _docker("build", "--tag", tag, "--label", f"{INPUTS}={inputs}", *arguments, str(context))
    return True


def variant(kind: Kind, name: str, *, on: str) -> str:
    """Build the image of one mutant or oddity as one layer, and return its name."""
    found = variants.find(kind, name)
    dockerfile = f"FROM {on}\n"
    if found.layer is Layer.IMAGE:
        dockerfile = found.change(dockerfile)
    else:
        dockerfile += f"ENV SEATRIAL_{kind.upper()}={name}\n"
    tag = f"seatrial-{kind}:{name}"
    _docker("build", "--tag", tag, "-", text=dockerfile)
    return tag


def usable_base(name: str) -> str:
    """Return the base image if the engine has it or can pull it, else our own, and say so."""
    if base.exists(name) or _pulled(name):
        return name
    _say(f"{name} cannot be had (no registry answers): building on {base.DEFAULT_TAG}, made from Debian packages")
    if not base.exists(base.DEFAULT_TAG):
        base.make(base.DEFAULT_TAG, "bookworm")
    return base.DEFAULT_TAG


def digest(base_id: str, backend: str) -> str:
    """Return the digest of everything that goes into the image."""
    total = hashlib.sha256(f"{base_id} {backend}".encode())
    for path in _sources():
        total.update(f"{path.relative_to(PROJECT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield PROJECT / "pyproject.toml"
    yield PROJECT / "seatrial" / "__init__.py"
    for path in sorted(HERE.parent.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _wheel(folder: Path) -> None:
    # A uv of this environment will do: it need not be on PATH.
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    _run([uv, "build", "--wheel", "--quiet", "--out-dir", str(folder), str(PROJECT)], None)


def _pulled(name: str) -> bool:
    try:
        done = subprocess.run(
            ["docker", "pull", "--quiet", name], capture_output=True, check=False, timeout=PULL_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _label(tag: str) -> str:
    return _docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{INPUTS}"}}}}', tag)


def _docker(*arguments: str, text: str | None = None) -> str:
    return _run(["docker", *arguments], text)


def _run(command: Sequence[str], text: str | None) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BuildError(f"{command[0]} is missing: install it and try again") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise BuildError(f"`{command[0]} {command[1]}` failed with code {done.returncode}:\n  " + "\n  ".join(lines))
    return done.stdout.strip()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a script."""
    given = _parser().parse_args(arguments)
    tag = given.tag or f"{REFERENCE}:{'latest' if given.backend == 'sklearn' else given.backend}"
    try:
        built = reference(tag, base_name=given.base, backend=given.backend, force=given.force)
        _say(f"{tag} {'built' if built else 'is up to date'}")
        for kind, names in ((Kind.MUTANT, given.mutant), (Kind.ODDITY, given.oddity)):
            for name in names:
                _say(f"{variant(kind, name, on=tag)} built")
    except (BuildError, VariantError, base.BaseImageError) as error:
        sys.stderr.write(f"image: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    chosen = os.environ.get("BASE") or USUAL_BASE
    parser.add_argument("--base", default=chosen, metavar="IMAGE", help=f"base image (default: BASE, or {USUAL_BASE})")
    parser.add_argument("--tag", help=f"name of the image (default: {REFERENCE}:latest)")
    parser.add_argument("--backend", choices=("sklearn", "xgboost", "llm"), default="sklearn", help="which model")
    parser.add_argument("--mutant", action="append", default=[], metavar="NAME", help="build this mutant on it, too")
    parser.add_argument("--oddity", action="append", default=[], metavar="NAME", help="build this oddity on it, too")
    parser.add_argument("--force", action="store_true", help="build in any case")
    return parser


if __name__ == "__main__":
    sys.exit(main())
