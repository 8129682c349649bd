from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import pytest

from seatrial.conformance.subject.launcher import Image
from seatrial.conformance.subject.serve_word import Entry, driver_file, find_program, resolve_serve

IMAGE = Image("tiny", "sha256:0", "linux", "amd64")


@dataclass
class DictTree:
    """An image as a dictionary: a path to bytes (a program), to a link's target, or to an entry."""

    files: dict[str, bytes | str | Entry]

    def entry(self, path: str) -> Entry | None:
        found = self.files.get(path)
        if isinstance(found, Entry):
            return found
        if isinstance(found, bytes):
            return Entry("file", 0o755)
        if isinstance(found, str):
            return Entry("link", target=found)
        return Entry("dir", 0o755) if any(name.startswith(f"{path}/") for name in self.files) else None

    def head(self, path: str) -> bytes:
        found = self.files[path]
        return found if isinstance(found, bytes) else b""


def elf(machine: int, loader: str = "") -> bytes:
    interpreter = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(loader) + 1, len(loader) + 1, 1) if loader else b""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, bool(loader), 64, 0, 0)
    return head + interpreter + loader.encode() + b"\0"


def test_serve_is_found_on_the_path():
    word = resolve_serve(IMAGE, DictTree({"/usr/local/bin/serve": b"#!/bin/sh\n", "/bin/sh": b""}))
    assert (word.argv, word.path, word.executable, word.kind) == (("serve",), "/usr/local/bin/serve", True, "script")
    assert (word.interpreter, word.interpreter_found, word.crlf) == ("/bin/sh", True, False)


def test_the_images_own_path_counts():
    tree = DictTree({"/opt/bin/serve": b"#!/bin/sh\n", "/usr/bin/serve": b"#!/bin/sh\n"})
    image = replace(IMAGE, env=(("PATH", "/opt/bin:/usr/bin"),))
    assert resolve_serve(image, tree).path == "/opt/bin/serve"


def test_an_entrypoint_comes_before_serve():
    image = replace(IMAGE, entrypoint=("python", "-m", "server"), workdir="/app")
    word = resolve_serve(image, DictTree({"/usr/bin/python": elf(62)}))
    assert word.argv == ("python", "-m", "server", "serve")
    assert (word.program, word.path, word.kind, word.architecture) == ("python", "/usr/bin/python", "elf", "amd64")


def test_a_relative_program_is_looked_for_in_the_working_directory():
    image = replace(IMAGE, entrypoint=("./run.sh",), workdir="/app")
    assert resolve_serve(image, DictTree({"/app/run.sh": b"#!/bin/sh\n"})).path == "/app/run.sh"


def test_serve_that_is_nowhere_has_no_path():
    word = resolve_serve(IMAGE, DictTree({"/usr/bin/python": b""}))
    assert (word.path, word.kind, word.executable) == ("", "", False)


def test_a_program_without_the_executable_bit_is_found_only_where_no_other_is():
    plain = Entry("file", 0o644)
    assert not resolve_serve(IMAGE, DictTree({"/usr/bin/serve": plain})).executable
    word = resolve_serve(IMAGE, DictTree({"/usr/bin/serve": plain, "/bin/serve": b"#!/bin/sh\n"}))
    assert (word.path, word.executable) == ("/bin/serve", True)


def test_a_folder_named_serve_is_no_program():
    assert resolve_serve(IMAGE, DictTree({"/usr/bin/serve/readme": b""})).path == ""


def test_links_are_followed_inside_the_image():
    tree = DictTree({"/bin": "usr/bin", "/usr/bin/serve": "../../opt/real", "/opt/real": elf(183)})
    word = resolve_serve(replace(IMAGE, entrypoint=("/bin/serve",)), tree)
    assert (word.path, word.architecture) == ("/opt/real", "arm64")


def test_a_link_in_a_circle_leads_nowhere():
    assert resolve_serve(IMAGE, DictTree({"/bin/serve": "/sbin/serve", "/sbin/serve": "/bin/serve"})).path == ""


def test_a_first_line_in_dos_form_is_seen():
    word = resolve_serve(IMAGE, DictTree({"/bin/serve": b"#!/bin/sh\r\nexec x\r\n", "/bin/sh": b""}))
    assert word.crlf
    assert word.interpreter == "/bin/sh"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"#!/bin/nope\n", False),
        (b"#!/usr/bin/env python3\n", True),
        (b"#!/usr/bin/env -S python3 -u\n", True),
        (b"#!/usr/bin/env MODE=1 python2\n", False),
        (b"#!\n", False),
    ],
)
def test_a_missing_interpreter_is_seen_behind_env_too(line: bytes, found: bool):
    tree = DictTree({"/bin/serve": line, "/usr/bin/env": b"", "/usr/bin/python3": b""})
    assert resolve_serve(IMAGE, tree).interpreter_found is found


def test_a_missing_loader_of_a_program_is_seen():
    musl = "/lib/ld-musl-x86_64.so.1"
    word = resolve_serve(IMAGE, DictTree({"/bin/serve": elf(62, musl)}))
    assert (word.interpreter, word.interpreter_found) == (musl, False)
    assert resolve_serve(IMAGE, DictTree({"/bin/serve": elf(62, musl), musl: b""})).interpreter_found


def test_what_no_kernel_starts_is_other():
    assert resolve_serve(IMAGE, DictTree({"/bin/serve": b"echo hello\n"})).kind == "other"


def test_a_program_is_found_by_the_first_name_that_is_there():
    tree = DictTree({"/usr/bin/python": b"", "/usr/bin/perl": Entry("file", 0o644)})
    assert find_program(IMAGE, tree, ("python3", "perl", "python")) == "/usr/bin/python"
    assert find_program(IMAGE, tree, ("python3",)) == ""


@pytest.mark.parametrize(
    ("path", "driver"),
    [
        ("/usr/lib/x86_64-linux-gnu/libcuda.so.535.54.03", True),
        ("/usr/lib64/libnvidia-ml.so.1", True),
        ("/usr/bin/nvidia-smi", True),
        ("/usr/local/cuda-12/compat/libcuda.so.535.54.03", False),
        ("/usr/local/cuda/lib64/stubs/libcuda.so", False),
        ("/usr/local/cuda/lib64/libcudart.so.12", False),
        ("/usr/lib/libcuda.so", False),
        ("/usr/share/doc/nvidia-smi.txt", False),
    ],
)
def test_files_of_the_driver_are_told_from_those_of_the_toolkit(path: str, driver: bool):
    assert driver_file(path) is driver
