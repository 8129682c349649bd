"""Hostile and broken subjects, for the tests of everything that meets an untrusted container.

`FAULTS` are faults at run time: one image (`build_faults()`) or one process (`COMMAND`), told by the variable
`SUBJECT_FAULT`. `STATIC` are images that are broken before anything runs: `build_static(name)`.
"""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BASE", "COMMAND", "FAULTS", "FAULT_VARIABLE", "STATIC", "Static", "build", "build_faults", "build_static"]

HERE = Path(__file__).parent
BASE = "seatrial-base:bookworm"
FAULT_VARIABLE = "SUBJECT_FAULT"
INPUTS_LABEL = "org.seatrial.inputs"

COMMAND = f"{sys.executable} {HERE / 'image' / 'subject.py'} --port {{port}}"
"""The same server as a process."""

FAULTS: dict[str, str] = {
    "": "is correct",
    "log-flood": "writes 400 MB of log, then serves",
    "endless-log": "writes log without end",
    "fork-bomb": "forks without end",
    "ignore-term": "ignores SIGTERM",
    "exit-loop": "a supervisor restarts a server that dies at once, without end",
    "crash": "ends with an exception",
    "fill-disk": "fills its disk (as an image only)",
    "oom": "takes more memory than it was given",
    "orphans": "leaves a process behind",
    "dials-out": "tries to reach an address outside (as an image only)",
    "loopback": "listens on 127.0.0.1",
    "ipv6-only": "listens on IPv6 alone",
    "wrong-port": "listens on 8000",
    "one-byte": "answers one byte a second",
    "huge-body": "answers with 10 GB",
    "million-headers": "answers with a million headers",
    "never-closes": "never ends an answer that ends with the connection",
    "silent": "takes a request and says nothing",
    "garbage": "sends bytes that are no HTTP",
}


@dataclass(frozen=True)
class Static:
    """An image that is broken before anything runs.

    Attributes:
        summary: what is wrong.
        lines: of its Dockerfile, after `FROM`.
        files: of its build context: name, and content.
        mode: of these files.
    """

    summary: str
    lines: tuple[str, ...]
    files: Mapping[str, bytes]
    mode: int = 0o755


def _elf(machine: int) -> bytes:
    """The smallest ELF header that names a machine; nothing runs it."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400000, 64, 0, 0, 64, 56, 0, 64, 0, 0)


SCRIPT = b"#!/bin/sh\nexec python3 /opt/subject.py\n"
SERVER = (HERE / "image" / "subject.py").read_bytes()
AARCH64 = 183


SERVE = ("COPY subject.py /opt/subject.py", "COPY serve /usr/local/bin/serve")


def _serve(content: bytes) -> dict[str, bytes]:
    return {"subject.py": SERVER, "serve": content}


STATIC: dict[str, Static] = {
    "serve-missing": Static("no program named serve", ("CMD true",), {}),
    "serve-not-executable": Static("serve without the executable bit", SERVE, _serve(SCRIPT), mode=0o644),
    "serve-crlf": Static("serve with CR LF line ends", SERVE, _serve(SCRIPT.replace(b"\n", b"\r\n"))),
    "serve-wrong-arch": Static("serve is a program for another processor", SERVE, _serve(_elf(AARCH64))),
    "serve-no-interpreter": Static("serve names an interpreter that is not there", SERVE, _serve(b"#!/usr/bin/nope\n")),
    "serve-no-shebang": Static("serve is no program at all", SERVE, _serve(b"\x00\x01 not a program\n")),
    "serve-script": Static("nothing: serve is a good script", SERVE, _serve(SCRIPT)),
    "shell-pid-1": Static(
        "a shell as PID 1 that keeps SIGTERM to itself",
        SERVE,
        _serve(b"#!/bin/sh\npython3 /opt/subject.py\necho over\n"),
    ),
    "runtime-first": Static(
        "nothing, but a runtime that takes two seconds from the engine's word to the first program",
        (
            "COPY subject.py init /opt/",
            "WORKDIR /opt",
            "RUN cp /bin/sh /usr/local/bin/runc",
            'ENTRYPOINT ["runc", "init"]',
        ),
        {"subject.py": SERVER, "init": b"trap 'exit 2' TERM\nsleep 2\nexec python3 /opt/subject.py\n"},
    ),
    "driver-inside": Static(
        "files of the NVIDIA driver, one of them taken away again",
        (
            *SERVE,
            "COPY driver /usr/bin/nvidia-smi",
            "COPY driver /usr/lib/cuda/compat/libcuda.so.535.54.03",
            "COPY driver /usr/lib/x86_64-linux-gnu/libcuda.so.535.54.03",
            "RUN rm /usr/bin/nvidia-smi",
        ),
        {**_serve(SCRIPT), "driver": b"driver"},
    ),
}


def build_faults() -> str:
    """Build the image of all run-time faults, unless it is there; its name."""
    files = {name: (HERE / "image" / name).read_bytes() for name in ("Dockerfile", "subject.py")}
    return build("faults", files)


def build_static(name: str) -> str:
    """Build one of `STATIC`, unless it is there; its name."""
    static = STATIC[name]
    dockerfile = "\n".join((f"ARG BASE={BASE}", "FROM ${BASE}", *static.lines, ""))
    return build(name, {"Dockerfile": dockerfile.encode(), **static.files}, static.mode)


def build(name: str, files: Mapping[str, bytes], mode: int = 0o644) -> str:
    """Build an image from the files of its context, unless the same is there; its name."""
    import docker  # noqa: PLC0415  (tests of processes need no engine)
    import docker.errors  # noqa: PLC0415

    tag = f"seatrial-test-subject:{name}"
    inputs = hashlib.sha256(repr((mode, sorted(files.items()))).encode()).hexdigest()
    client = docker.from_env()
    try:
        try:
            if client.images.get(tag).labels.get(INPUTS_LABEL) == inputs:
                return tag
        except docker.errors.ImageNotFound:
            _need_base(client)
        context: Any = io.BytesIO(_context(files, mode))
        client.images.build(
            fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True,
            buildargs={"BASE": BASE}, labels={INPUTS_LABEL: inputs},
        )  # fmt: skip
    finally:
        client.close()
    return tag


def _need_base(client: Any) -> None:
    import docker.errors  # noqa: PLC0415

    try:
        client.images.get(BASE)
    except docker.errors.ImageNotFound:
        script = HERE.parents[1] / "reference_server" / "images" / "base.py"
        subprocess.run([sys.executable, str(script), "--tag", BASE], check=True)


def _context(files: Mapping[str, bytes], mode: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
