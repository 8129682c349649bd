"""How the word `serve` finds its first program inside an image: what the kernel and the runtime would do, on paper.

Pure but for the `Tree` it is given: the same rules hold for an image in an engine and for one in an archive. It runs
nothing, so it knows what cannot start, never that something will.
"""

from __future__ import annotations

import posixpath
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seatrial.conformance.subject.launcher import Image, ServeWord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HEAD_BYTES", "Entry", "Tree", "driver_file", "find_program", "resolve_serve"]

HEAD_BYTES = 4096
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What an engine sets where an image sets none."""
LINKS = 40
MACHINES = {3: "386", 40: "arm", 62: "amd64", 183: "arm64", 21: "ppc64le", 22: "s390x", 243: "riscv64"}
ELF_INTERPRETER = 3


@dataclass(frozen=True)
class Entry:
    """One file of an image. `kind` is `file`, `dir`, `link` or `other`; `target` is a link's, as written."""

    kind: str
    mode: int = 0
    target: str = ""


class Tree(Protocol):
    """The files of an image."""

    def entry(self, path: str) -> Entry | None:
        """What stands at an absolute path whose parents are no links; None where nothing does."""
        ...

    def head(self, path: str) -> bytes:
        """The first `HEAD_BYTES` of a file."""
        ...


def resolve_serve(image: Image, tree: Tree) -> ServeWord:
    """Find the first program of `docker run IMAGE serve`."""
    argv = (*image.entrypoint, "serve")
    path, entry = _which(tree, image, argv[0])
    if entry is None:
        return ServeWord(argv, argv[0])
    executable = bool(entry.mode & 0o111)
    head = tree.head(path)
    if head.startswith(b"\x7fELF"):
        loader = _elf_interpreter(head)
        found = _follow(tree, loader)[1] is not None if loader else None
        return ServeWord(argv, argv[0], path, executable, "elf", _elf_machine(head), loader, found)
    if head.startswith(b"#!"):
        line = head[2:].split(b"\n", 1)[0]
        words = line.decode("utf-8", "replace").split()
        return ServeWord(
            argv, argv[0], path, executable, "script",
            interpreter=" ".join(words), interpreter_found=_interpreter_found(tree, image, words),
            crlf=line.endswith(b"\r"),
        )  # fmt: skip
    return ServeWord(argv, argv[0], path, executable, "other")


def find_program(image: Image, tree: Tree, names: Iterable[str]) -> str:
    """The path of the first of these programs that is there and executable; empty where none is."""
    for name in names:
        path, entry = _which(tree, image, name)
        if entry is not None and entry.mode & 0o111:
            return path
    return ""


def driver_file(path: str) -> bool:
    """Whether a path is a part of the NVIDIA driver, which the host brings and no image should.

    `libcuda.so` under `compat` and `stubs` folders is meant to be there (aws:hosting#gpu).
    """
    folder, name = posixpath.split(path)
    parts = folder.split("/")
    if "compat" in parts or "stubs" in parts:
        return False
    return name == "nvidia-smi" or name.startswith(("libcuda.so.", "libnvidia-ml.so"))


def _which(tree: Tree, image: Image, program: str) -> tuple[str, Entry | None]:
    """Where a program is found: the first executable one, else the first of any mode, as runtimes report it."""
    workdir = image.workdir or "/"
    if "/" in program:
        return _follow(tree, posixpath.join(workdir, program))
    first: tuple[str, Entry | None] = ("", None)
    for folder in dict(image.env).get("PATH", PATH).split(":"):
        path, entry = _follow(tree, posixpath.join(workdir, folder, program))
        if entry is None or entry.kind != "file":
            continue
        if entry.mode & 0o111:
            return path, entry
        first = first if first[1] else (path, entry)
    return first


def _follow(tree: Tree, path: str) -> tuple[str, Entry | None]:
    """Follow links, in the middle of the path too, without leaving the image."""
    left = [part for part in path.split("/") if part not in {"", "."}][::-1]
    here, entry, links = "/", Entry("dir", 0o755), 0
    while left:
        part = left.pop()
        if part == "..":
            here = posixpath.dirname(here)
            continue
        found = tree.entry(posixpath.join(here, part))
        if found is None:
            return "", None
        if found.kind == "link":
            links += 1
            if links > LINKS:
                return "", None
            here = "/" if found.target.startswith("/") else here
            left += [step for step in found.target.split("/") if step not in {"", "."}][::-1]
            continue
        here, entry = posixpath.join(here, part), found
    return here, entry


def _interpreter_found(tree: Tree, image: Image, words: list[str]) -> bool:
    """Whether a script's interpreter is there; behind `env`, whether the program is that it looks for."""
    if not words or not _follow(tree, words[0])[1]:
        return False
    if posixpath.basename(words[0]) != "env":
        return True
    wanted = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    return not wanted or _which(tree, image, wanted)[1] is not None


def _elf_machine(head: bytes) -> str:
    order = ">" if head[5:6] == b"\x02" else "<"
    machine: int = struct.unpack_from(f"{order}H", head, 18)[0] if len(head) >= 20 else 0
    return MACHINES.get(machine, f"machine {machine}")


def _elf_interpreter(head: bytes) -> str:
    """The dynamic loader that a 64-bit little-endian program names; empty for a static one."""
    if head[4:6] != b"\x02\x01" or len(head) < 64:
        return ""
    (table,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    for at in range(table, min(table + size * count, len(head) - 56), size or 1):
        (kind,) = struct.unpack_from("<I", head, at)
        if kind == ELF_INTERPRETER:
            begin, length = struct.unpack_from("<Q", head, at + 8)[0], struct.unpack_from("<Q", head, at + 32)[0]
            return head[begin : begin + length].rstrip(b"\0").decode("utf-8", "replace")
    return ""
