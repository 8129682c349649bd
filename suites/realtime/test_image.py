"""Judges the image itself: what its configuration and its files say before anything is started."""

import re

from seatrial.conformance.api import Image, Limits, NotApplicable, Untested, broken, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.image import ImageSeen
from seatrial.suites.realtime.scenarios.logs import LogsSeen

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
SHELL_FORM_WORDS = 3
ROOT = frozenset({"", "0", "root"})
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
PYTHON_PROGRAM = re.compile(r"(^|/)(python|pypy|gunicorn|uvicorn|hypercorn|flask|fastapi|daphne|waitress)[\w.-]*$")
DRIVERS = ((11, 4, "470"), (12, 2, "535"), (12, 4, "550"), (13, 0, "580"))
"""The newest CUDA version that each driver of the platform's host images serves."""


@clause("image.architecture")
def test_architecture(image: ImageSeen) -> None:
    """A container for another architecture never runs its first instruction."""
    found = f"{image.image.os}/{image.image.architecture}"
    expect(found, f"the image is built for {found}").to_be(f"linux/{image.target}", reason=Reason.WRONG_ARCHITECTURE)


@clause("image.manifest")
def test_manifest(image: ImageSeen) -> None:
    """The platform's CreateModel refuses every other media type."""
    found = image.image.manifest_type
    if not found:
        untested(
            Untested.OUT_OF_REACH, "an engine's own store does not keep the manifest; a registry or an OCI archive does"
        )
    reason = Reason.MANIFEST_INDEX if found in INDEXES else Reason.MANIFEST_TYPE
    expect(found, f"the manifest is {found}").to_be(DOCKER_MANIFEST, reason=reason)


@clause("image.entrypoint-exec-form")
def test_entrypoint_exec_form(image: ImageSeen) -> None:
    """What follows the script of `sh -c` becomes its `$0`, so `serve` is lost, and signals go to the shell."""
    words = image.image.entrypoint
    shell_form = len(words) == SHELL_FORM_WORDS and _name(words[0]) in SHELLS and re.fullmatch(r"-\w*c", words[1])
    expect(not shell_form, f"ENTRYPOINT is {list(words)}").to_be_true(
        reason=Reason.SHELL_FORM, expected="a program and its arguments, without a shell in between"
    )


@clause("image.serve-resolves")
def test_serve_resolves(image: ImageSeen) -> None:
    """What neither the kernel nor the container runtime can start is found without starting it."""
    serve = image.image.serve
    if serve is None:
        untested(Untested.OUT_OF_REACH, "the files of this image were not looked at: it is too large")
    command = " ".join(serve.argv)
    expect(serve.path, f"`{command}`: {serve.program!r} is not in the image").to_be_true(
        reason=Reason.SERVE_MISSING, expected="a program on the PATH"
    )
    expect(serve.executable, f"{serve.path} is not executable").to_be_true(
        reason=Reason.SERVE_NOT_EXECUTABLE, expected="an executable program"
    )
    if serve.crlf:
        broken(
            Reason.SERVE_CRLF,
            expected="a first line that ends in LF",
            observed=f"the first line of {serve.path} ends in CR LF, so {serve.interpreter!r} is not found",
        )
    if serve.interpreter_found is False:
        broken(
            Reason.SERVE_INTERPRETER_MISSING,
            expected="an interpreter that is in the image",
            observed=f"{serve.path} asks for {serve.interpreter}, which is not there",
        )
    if serve.kind == "other":
        broken(
            Reason.SERVE_NOT_A_PROGRAM,
            expected="a binary, or a script with an interpreter in its first line (#!)",
            observed=f"{serve.path} is neither",
        )
    if serve.architecture and serve.architecture != image.image.architecture:
        broken(
            Reason.SERVE_WRONG_ARCHITECTURE,
            expected=f"a program for {image.image.architecture}, as the image itself",
            observed=f"{serve.path} is a program for {serve.architecture}",
        )


@clause("image.root-user")
def test_root_user(image: ImageSeen) -> None:
    """The guide promises root to hosting containers, and some paths need it."""
    user = image.image.user
    expect(user.partition(":")[0], f"USER is {user}").to_be_in(
        ROOT, reason=Reason.NOT_ROOT, expected="no USER, or root"
    )


@clause("image.no-nvidia-driver")
def test_no_nvidia_driver(image: ImageSeen) -> None:
    """A driver in the image hides the host's, whose version it has to have."""
    found = image.image.driver_files
    if found is None:
        untested(Untested.OUT_OF_REACH, "the files of this image were not looked at: it is too large")
    expect(found, ", ".join(found[:5])).to_be_empty(reason=Reason.DRIVER_IN_IMAGE, expected="no file of the driver")


@clause("image.stop-signal")
def test_stop_signal(image: ImageSeen) -> None:
    """The platform sends SIGTERM whatever the image asks for; an image that asks for another expects another."""
    found = image.image.stop_signal
    expect(found.upper().removeprefix("SIG"), f"STOPSIGNAL is {found}").to_be_in(
        {"", "TERM", "15"}, reason=Reason.STOP_SIGNAL, expected="none, or SIGTERM"
    )


@clause("image.unbuffered-python")
def test_unbuffered_python(image: ImageSeen, logs: LogsSeen | None = None) -> None:
    """Without a terminal Python holds back what it prints, and a crash takes it along."""
    if not _runs_python(image.image):
        raise NotApplicable("nothing in the image's configuration says that it runs Python")
    if dict(image.image.env).get("PYTHONUNBUFFERED"):
        return
    if logs is None:
        untested(Untested.PREREQUISITE, "PYTHONUNBUFFERED is not set, and the log was not seen")
    expect(logs.start_lines, "PYTHONUNBUFFERED is not set, and no line arrived by the first 200").to_be_at_least(
        1, reason=Reason.PYTHON_BUFFERED, expected="PYTHONUNBUFFERED, or a log line at start"
    )
    observed("PYTHONUNBUFFERED is not set, and the log arrives all the same")


@clause("image.cuda-fits-a-host")
def test_cuda_fits_a_host(image: ImageSeen, limit: Limits) -> None:
    """On a host whose driver is too old for the image an endpoint stays in Creating without a line of log."""
    version = _cuda(image.image)
    if version is None:
        raise NotApplicable("the image says nothing of CUDA")
    shown = f"{version[0]}.{version[1]}"
    expect(version, f"the image is built for CUDA {shown}").to_hold(
        lambda found: found <= _pair(limit.newest_cuda),
        reason=Reason.CUDA_TOO_NEW,
        expected=f"CUDA {limit.newest_cuda} or older, the newest that a host image offers",
    )
    if version > _pair(limit.default_cuda):
        driver = next(name for major, minor, name in DRIVERS if version <= (major, minor))
        observed(f"CUDA {shown} needs an InferenceAmiVersion with driver {driver} or newer: the default is too old")


def _name(program: str) -> str:
    return program.rsplit("/", 1)[-1]


def _runs_python(image: Image) -> bool:
    words = (*image.entrypoint, *image.command, *(image.serve.interpreter.split() if image.serve else ()))
    named = any(PYTHON_PROGRAM.search(part) for word in words for part in word.split())
    return named or not {"PYTHON_VERSION", "PYTHONUNBUFFERED"}.isdisjoint(dict(image.env))


def _cuda(image: Image) -> tuple[int, int] | None:
    env = dict(image.env)
    text = env.get("CUDA_VERSION", "") or env.get("NVIDIA_REQUIRE_CUDA", "").partition("cuda>=")[2]
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def _pair(version: float) -> tuple[int, int]:
    major, _, minor = str(version).partition(".")
    return int(major), int(minor or 0)
