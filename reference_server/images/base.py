"""A base image where no registry can be reached: Debian, Python and certificates, about 125 MB.

`python3 reference_server/images/base.py --tag seatrial-base:bookworm` needs a Docker engine, root and debootstrap
(installed through apt where it is missing). The mirror is the one that this machine's own apt uses, and the machine's
CA bundle goes into the image, so that a build inside reaches what the machine reaches. Standard library only: it
runs before anything of the project is installed. Does nothing where the tag exists, unless `--force` is given.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DEFAULT_TAG = "seatrial-base:bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
# What a server never needs; /dev is filled by the engine.
LEFT_OUT = ("dev/*", "proc/*", "sys/*", "var/cache/apt/*", "var/lib/apt/lists/*", "var/log/*", "usr/share/doc/*")
LEFT_OUT_TOO = ("usr/share/man/*", "usr/share/info/*", "usr/share/locale/*", "tmp/*")
APT = Path("/etc/apt")
LOCK = Path("/run/seatrial-base-image.lock")
APT_WAIT = "DPkg::Lock::Timeout=300"
"""Seconds for which apt waits while somebody else installs."""


class BaseImageError(Exception):
    """The base image cannot be made; the message is one sentence."""


def exists(tag: str) -> bool:
    """Return whether the engine has an image of this name."""
    return subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False).returncode == 0


def make(tag: str, suite: str, *, anew: bool = False) -> None:
    """Make the image. Whoever wants the same one meanwhile waits for it.

    Args:
        tag: its name.
        suite: the Debian release, such as `bookworm`.
        anew: also where it exists.

    Raises:
        BaseImageError: a tool is missing, or one of the steps failed.
    """
    if os.geteuid() != 0:
        raise BaseImageError("debootstrap needs root: run this as root, or name a base image with BASE=")
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if anew or not exists(tag):
            _need_debootstrap()
            _make(tag, suite)


def _make(tag: str, suite: str) -> None:
    with tempfile.TemporaryDirectory(prefix="seatrial-base-") as folder:
        root = Path(folder, "root")
        options = ("--variant=minbase", f"--include={PACKAGES}")
        _run("debootstrap", *options, suite, str(root), mirror(suite))
        bundle = Path("/", CA_BUNDLE)
        if bundle.exists():
            shutil.copyfile(bundle, root / CA_BUNDLE)
        archive = Path(folder, "root.tar")
        excluded = [f"--exclude=./{pattern}" for pattern in LEFT_OUT + LEFT_OUT_TOO]
        _run("tar", "-C", str(root), *excluded, "-cf", str(archive), ".")
        changes = ("--change", "ENV LANG=C.UTF-8", "--change", 'CMD ["python3"]')
        _run("docker", "import", *changes, str(archive), tag)


def mirror(suite: str) -> str:
    """Return the archive that this machine's apt takes a release from.

    Raises:
        BaseImageError: apt names none.
    """
    for uri, suites in _sources():
        if suite in suites:
            return uri
    raise BaseImageError(f"no apt source of this machine offers {suite!r}: choose another with --suite")


def _sources() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(APT.glob("sources.list.d/*.sources")):
        for stanza in path.read_text().split("\n\n"):
            fields = dict(re.findall(r"^(\w[\w-]*):\s*(.*)$", stanza, re.MULTILINE))
            for uri in fields.get("URIs", "").split():
                yield uri, fields.get("Suites", "").split()
    lists = [APT / "sources.list", *sorted(APT.glob("sources.list.d/*.list"))]
    for path in lists:
        text = path.read_text() if path.exists() else ""
        for uri, suite in re.findall(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", text, re.MULTILINE):
            yield uri, [suite]


def _need_debootstrap() -> None:
    if shutil.which("debootstrap"):
        return
    if not shutil.which("apt-get"):
        raise BaseImageError("debootstrap is missing and there is no apt-get: install debootstrap and try again")
    _run("apt-get", "update", "-qq", "-o", APT_WAIT)
    _run("apt-get", "install", "-y", "-qq", "-o", APT_WAIT, "--no-install-recommends", "debootstrap")


def _run(*command: str) -> None:
    """Run a command silently; where it fails, its last lines are the reason."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BaseImageError(f"{command[0]} is missing: install it and try again") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise BaseImageError(f"{command[0]} failed with code {done.returncode}: " + " | ".join(lines))


def main() -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tag", default=DEFAULT_TAG, help=f"name of the image (default: {DEFAULT_TAG})")
    parser.add_argument("--suite", default="bookworm", help="Debian release (default: bookworm)")
    parser.add_argument("--force", action="store_true", help="make it anew where it exists")
    given = parser.parse_args()
    if exists(given.tag) and not given.force:
        sys.stdout.write(f"{given.tag} exists already\n")
        return 0
    try:
        make(given.tag, given.suite, anew=given.force)
    except BaseImageError as error:
        sys.stderr.write(f"base image: {error}\n")
        return 1
    sys.stdout.write(f"{given.tag} made from Debian {given.suite}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
