"""Causes that keep the first process from running: the word `serve`, the architecture, the entrypoint's bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut, find_line
from seatrial.conformance.diagnosis.cause import Cause

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case
    from seatrial.conformance.subject.launcher import ServeWord

__all__ = ["LATE_RULES", "RULES"]

SERVE = "image.serve-resolves"
ARCHITECTURE = "image.architecture"
EXEC_FORMAT = re.compile(r"exec format error", re.IGNORECASE)
NOT_FOUND = re.compile(r"no such file or directory|bad interpreter|not found", re.IGNORECASE)


def _serve(case: Case) -> ServeWord | None:
    return case.image.serve if case.image else None


def _kernel_words(case: Case, pattern: re.Pattern[str]) -> str:
    """What the runtime or the kernel said of the first program, as the end of a proof; empty where it said nothing."""
    words = case.end.error if case.end else ""
    said = cut(words, 300) if pattern.search(words) else find_line(pattern, case.log[:3])
    return f"; started, it says: {said}" if said else ""


def crlf(case: Case) -> Cause | None:
    """The entrypoint script has Windows line ends, so the kernel looks for an interpreter with a CR in its name."""
    serve = _serve(case)
    if serve is None or not serve.crlf:
        return None
    return Cause(
        "crlf-entrypoint",
        f"the first line of the script {serve.path} ends in CR LF, so its interpreter is not found",
        f"the bytes of {serve.path} in the image: #!{serve.interpreter}\\r\\n" + _kernel_words(case, NOT_FOUND),
        f"convert it to LF line ends (sed -i 's/\\r$//' {serve.path}) and set `*.sh text eol=lf` in .gitattributes",
        (SERVE, *case.broken_by_boot),
    )


def not_executable(case: Case) -> Cause | None:
    """The program exists but may not be executed."""
    serve = _serve(case)
    if serve is None or not serve.path or serve.executable:
        return None
    return Cause(
        "serve-not-executable",
        f"{serve.path} is in the image but is not executable",
        f"no execute bit in the mode of {serve.path} in the image"
        + _kernel_words(case, re.compile(r"permission denied|executable file not found", re.IGNORECASE)),
        f"RUN chmod +x {serve.path} (or git update-index --chmod=+x before the build)",
        (SERVE, *case.broken_by_boot),
    )


def missing(case: Case) -> Cause | None:
    """Neither an ENTRYPOINT nor a program `serve` is in the image."""
    serve = _serve(case)
    said = _kernel_words(case, re.compile(r"executable file not found|no such file", re.IGNORECASE))
    if serve is not None and serve.path:
        return None
    if serve is None and not (said and case.end and case.end.error):
        return None
    program = serve.program if serve else ((*case.image.entrypoint, "serve")[0] if case.image else "serve")
    where = "in the image" if "/" in program else "on the PATH of the image"
    return Cause(
        "serve-missing",
        "`docker run IMAGE serve` finds no program to run",
        f"no file {program!r} {where}{said}",
        'add ENTRYPOINT ["/path/to/program"] in exec form, or an executable script `serve` on the PATH',
        (SERVE, *case.broken_by_boot),
    )


def interpreter_missing(case: Case) -> Cause | None:
    """The script's first line, or the binary's header, names a program that the image does not hold."""
    serve = _serve(case)
    if serve is None or serve.crlf or serve.interpreter_found is not False:
        return None
    if serve.kind == "elf":
        what, where = f"the program {serve.path} needs the loader {serve.interpreter}", "header"
        cure = "build it for the C library of this image (musl or glibc), or link it statically"
    else:
        what, where = f"the script {serve.path} asks for {serve.interpreter}", "first line"
        cure = f"install {serve.interpreter} in the image or change the first line of the script"
    return Cause(
        "interpreter-missing",
        f"{what}, which is not in the image",
        f"the {where} of {serve.path}, and no such file in the image{_kernel_words(case, NOT_FOUND)}",
        cure,
        (SERVE, *case.broken_by_boot),
    )


def wrong_architecture(case: Case) -> Cause | None:
    """The image was built for another architecture than the target's."""
    if ARCHITECTURE not in case.broken or case.image is None:
        return None
    target = case.facts.target_arch
    return Cause(
        "wrong-architecture",
        f"the image is built for {case.image.architecture}, the instances it is meant for are {target}",
        f"its configuration says {case.image.os}/{case.image.architecture}{_kernel_words(case, EXEC_FORMAT)}",
        f"rebuild with docker build --platform linux/{target} (or name the other target with --trial-target-arch)",
        (ARCHITECTURE, SERVE, *case.broken_by_boot),
    )


def exec_format_error(case: Case) -> Cause | None:
    """The image's platform is right, but its first program is a binary for another one, or no program at all."""
    serve, said = _serve(case), _kernel_words(case, EXEC_FORMAT)
    foreign = bool(serve and serve.architecture and case.image and serve.architecture != case.image.architecture)
    if not (said or foreign or (serve and serve.kind == "other")):
        return None
    path = serve.path if serve else "the first program"
    what = f"it is a program for {serve.architecture}" if serve and foreign else "it is neither a binary nor a script"
    first = f"{what}, by its first bytes" if serve else "not looked at"
    return Cause(
        "exec-format-error",
        f"the kernel cannot run {path}: {what if serve else 'exec format error'}",
        f"{path} in the image: {first}{said}",
        "build the program for the image's own platform"
        if foreign
        else "give the script a first line such as #!/bin/sh, without a byte-order mark or blank line before it",
        (SERVE, *case.broken_by_boot),
    )


def not_started(case: Case) -> Cause | None:
    """The container runtime refused for any other reason: a user or a folder that is not there."""
    if not case.failed_boot or not case.failed_boot.state.error:
        return None
    return Cause(
        "not-started",
        "the container runtime could not start the first program",
        f"the runtime says: {cut(case.failed_boot.state.error, 300)}",
        "mend what it names: USER and WORKDIR must be in the image, and the program must be runnable by that user",
        case.broken_by_boot,
    )


RULES = (crlf, not_executable, missing, interpreter_missing, wrong_architecture, exec_format_error)
LATE_RULES = (not_started,)
