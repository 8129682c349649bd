"""Faults of an image, each one layer on the reference image.

Two are no lines of a Dockerfile but come from how it is built: their line is a comment that begins with `# build:`, and
whoever tries them acts on it.
"""

from collections.abc import Callable

from seatrial.reference_server.variants import mutant

PYTHON = "/opt/seatrial/bin/python"
SERVER = "seatrial.reference_server"
CAPABILITY = "com.amazonaws.sagemaker.capabilities"
SERVE = "/usr/local/bin/serve"
ELF_ARM64 = r"\177ELF\2\1\1" + r"\0" * 9 + r"\2\0\267\0" + r"\0" * 44
"""The first bytes of a program for arm64, as printf takes them inside a RUN line."""

NOBODY, METADATA = "198.51.100.1", "169.254.169.254"
"""An address that belongs to nobody (RFC 5737), and the one of a host's metadata service."""

OF_THE_CHAIN = ("start.stays-up",)


@mutant(kills="image.architecture", reason="wrong-architecture", layer="image", also=["image.serve-resolves"])
def built_on_an_arm_laptop(dockerfile: str) -> str:
    """Be built for linux/arm64, which is what `docker build` does on an ARM laptop."""
    return f"{dockerfile}# build: --platform linux/arm64\n"


@mutant(kills="image.manifest", reason="manifest-index", layer="image")
def pushed_with_provenance(dockerfile: str) -> str:
    """Be pushed as `docker buildx build --push` does: an index that holds the image and an attestation."""
    return f"{dockerfile}# build: --provenance=true\n"


@mutant(kills="image.manifest", reason="manifest-type", layer="image")
def pushed_as_oci(dockerfile: str) -> str:
    """Be pushed with OCI media types."""
    return f"{dockerfile}# build: --output type=image,oci-mediatypes=true\n"


@mutant(kills="image.entrypoint-exec-form", reason="shell-form", layer="image")
def starts_in_a_shell(dockerfile: str) -> str:
    """Write the ENTRYPOINT in shell form."""
    return f"{dockerfile}ENTRYPOINT {PYTHON} -P -m {SERVER} serve\n"


@mutant(kills="image.serve-resolves", reason="serve-missing", layer="image")
def brings_no_serve(dockerfile: str) -> str:
    """Have neither an ENTRYPOINT nor a program called `serve`."""
    return f"{dockerfile}ENTRYPOINT []\n"


def _script(*first: str, mode: str = "+x") -> Callable[[str], str]:
    """A Dockerfile whose `serve` is a file with these bytes, as printf takes them."""
    return lambda dockerfile: (
        f"{dockerfile}RUN printf '{''.join(first)}' > {SERVE} && chmod {mode} {SERVE}\nENTRYPOINT []\n"
    )


@mutant(kills="image.serve-resolves", reason="serve-not-executable", layer="image")
def forgets_chmod(dockerfile: str) -> str:
    """Copy `serve` without its mode."""
    return _script(r"#!/bin/sh\nexec true\n", mode="-x")(dockerfile)


@mutant(kills="image.serve-resolves", reason="serve-crlf", layer="image")
def edits_on_windows(dockerfile: str) -> str:
    """End the lines of `serve` in CR LF."""
    return _script(r"#!/bin/sh\r\nexec true\r\n")(dockerfile)


@mutant(kills="image.serve-resolves", reason="serve-interpreter-missing", layer="image")
def names_an_absent_interpreter(dockerfile: str) -> str:
    """Ask for an interpreter that only the developer's machine has."""
    return _script(r"#!/usr/bin/zsh\nexec true\n")(dockerfile)


@mutant(kills="image.serve-resolves", reason="serve-not-a-program", layer="image")
def leaves_out_the_first_line(dockerfile: str) -> str:
    """Write `serve` as a script without `#!`."""
    return _script(r"exec true\n")(dockerfile)


@mutant(kills="image.serve-resolves", reason="serve-wrong-architecture", layer="image")
def copies_an_arm_binary(dockerfile: str) -> str:
    """Bring `serve` as a program for another architecture."""
    return _script(ELF_ARM64)(dockerfile)


@mutant(kills="image.root-user", reason="not-root", layer="image")
def runs_as_app(dockerfile: str) -> str:
    """Run as another user."""
    return f"{dockerfile}USER 1000:1000\n"


@mutant(kills="image.no-nvidia-driver", reason="driver-in-image", layer="image")
def brings_a_driver(dockerfile: str) -> str:
    """Install a library of the driver, as distributions' packages do."""
    folder = "/usr/lib/x86_64-linux-gnu"
    return f"{dockerfile}RUN mkdir -p {folder} && touch {folder}/libcuda.so.535.54.03\n"


@mutant(kills="image.labels-are-true", reason="label-value", layer="image")
def labels_with_a_one(dockerfile: str) -> str:
    """Set a capability label to 1."""
    return f"{dockerfile}LABEL {CAPABILITY}.accept-bind-to-port=1\n"


@mutant(kills="image.labels-are-true", reason="label-untrue", layer="image")
def promises_many_models(dockerfile: str) -> str:
    """Inherit a label of a multi-model server from the base image."""
    return f"{dockerfile}LABEL {CAPABILITY}.multi-models=true\n"


@mutant(kills="image.labels-are-true", reason="label-untrue", layer="image")
def promises_any_port(dockerfile: str) -> str:
    """Promise to listen where SAGEMAKER_BIND_TO_PORT says, with the port fixed in the ENTRYPOINT."""
    return f'{dockerfile}ENTRYPOINT ["{PYTHON}", "-P", "-c", "{_run_with("--port", "8080")}"]\n'


@mutant(kills="image.stop-signal", reason="stop-signal", layer="image")
def stops_with_sigquit(dockerfile: str) -> str:
    """Keep nginx's STOPSIGNAL."""
    return f"{dockerfile}STOPSIGNAL SIGQUIT\n"


@mutant(
    kills="image.unbuffered-python", reason="python-buffered", layer="image", also=["logs.to-stdout", "logs.prompt"]
)
def buffers_python(dockerfile: str) -> str:
    """Leave Python its buffer, and print the log to standard output."""
    return f"{dockerfile}ENV PYTHONUNBUFFERED= SEATRIAL_MUTANT=buffers-its-log\n"


@mutant(kills="image.cuda-fits-a-host", reason="cuda-too-new", layer="image", also=["gpu.present-is-used"])
def needs_a_newer_driver(dockerfile: str) -> str:
    """Be built for a CUDA version that no host image serves."""
    return f"{dockerfile}ENV CUDA_VERSION=13.2.0\n"


@mutant(
    kills="gpu.absent-is-told",
    reason="gpu-absence-hidden",
    layer="image",
    also=[
        "gpu.present-is-used",
        "image.cuda-fits-a-host",
        "invocations.answers",
        "invocations.within-60-seconds",
    ],
)
def is_well_without_its_gpu(dockerfile: str) -> str:
    """Answer /ping with 200 although every prediction fails for want of a GPU."""
    return f"{dockerfile}ENV CUDA_VERSION=12.4.1 SEATRIAL_MUTANT=answers-500-to-all\n"


@mutant(
    kills="gpu.absent-is-told",
    reason="gpu-absence-untold",
    layer="image",
    also=["gpu.present-is-used", "image.cuda-fits-a-host", *OF_THE_CHAIN],
)
def ends_without_its_gpu(dockerfile: str) -> str:
    """End at once without a GPU, and do not say why."""
    return f'{dockerfile}ENV CUDA_VERSION=12.4.1\nENTRYPOINT ["/bin/false"]\n'


@mutant(
    kills="gpu.present-is-used",
    reason="gpu-hidden",
    layer="image",
    also=["gpu.absent-is-told", "image.cuda-fits-a-host"],
)
def hides_the_gpu(dockerfile: str) -> str:
    """Tell the container runtime to give it no device."""
    return f"{dockerfile}ENV CUDA_VERSION=12.4.1 NVIDIA_VISIBLE_DEVICES=none\n"


@mutant(kills="start.init-passes-serve", reason="init-ate-serve", layer="image", also=OF_THE_CHAIN)
def lets_the_init_eat_serve(dockerfile: str) -> str:
    """Put an init in front without naming the program that it shall run."""
    install = "pip --disable-pip-version-check install --no-cache-dir --quiet --target /opt/init dumb-init"
    return f'{dockerfile}RUN {install}\nENTRYPOINT ["/opt/init/bin/dumb-init"]\n'


@mutant(kills="start.cmd-not-needed", reason="cmd-needed", layer="image", also=OF_THE_CHAIN)
def keeps_its_program_in_cmd(dockerfile: str) -> str:
    """Name the interpreter in ENTRYPOINT, and the program in CMD."""
    return f'{dockerfile}ENTRYPOINT ["{PYTHON}", "-P"]\nCMD ["-m", "{SERVER}", "serve"]\n'


@mutant(kills="start.any-hostname", reason="hostname-breaks-start", layer="image")
def counts_on_a_short_hostname(dockerfile: str) -> str:
    """Keep the host name in a field of 32 characters."""
    check = "import socket; name = socket.gethostname(); assert len(name) <= 32, 'host name too long: ' + name; "
    return f'{dockerfile}ENTRYPOINT ["{PYTHON}", "-P", "-c", "{check}{_run_with()}"]\n'


@mutant(kills="isolation.starts-without-network", reason="network-needed", layer="image", also=OF_THE_CHAIN)
def fetches_at_start(dockerfile: str) -> str:
    """Fetch a tokenizer from a hub at each start."""
    fetch = f"import socket; socket.create_connection(('{NOBODY}', 80), timeout=1.0); "
    return f'{dockerfile}ENTRYPOINT ["{PYTHON}", "-P", "-c", "{fetch}{_run_with()}"]\n'


@mutant(kills="isolation.starts-without-credentials", reason="credentials-sought", layer="image")
def seeks_credentials(dockerfile: str) -> str:
    """Ask the metadata service for credentials at import, for fifteen seconds where nobody answers."""
    patience = "float(os.environ.get('AWS_METADATA_SERVICE_TIMEOUT', '15'))"
    seek = f"import os, socket; s = socket.socket(); s.settimeout({patience}); s.connect_ex(('{METADATA}', 80)); "
    return f'{dockerfile}ENTRYPOINT ["{PYTHON}", "-P", "-c", "{seek}{_run_with()}"]\n'


def _run_with(*options: str) -> str:
    """Python that runs the server with its arguments and some more."""
    more = "".join(f", '{option}'" for option in options)
    arguments = f"import runpy, sys; sys.argv = ['server', *sys.argv[1:]{more}]; "
    return f"{arguments}runpy.run_module('{SERVER}', run_name='__main__')"
