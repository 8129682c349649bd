"""Images that differ from another one in their configuration alone, without a look at its files.

For each line of a Dockerfile some engines compare all files of an image with those before it, ten seconds of work for
a label. So Docker builds the lines on an image that has the same configuration and no files, and what comes out is
loaded with the layers that the engine has already: byte for byte what a build on the image itself configures.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import threading
from typing import Any

__all__ = ["graft", "only_configures"]

CONFIGURES = frozenset({"CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER"})
GRAFTING = threading.Lock()
"""All husks of one image are one image by their content: whoever removed it would take it from the others."""


def only_configures(dockerfile: str) -> bool:
    """Whether nothing after FROM writes a file or depends on one."""
    return all(line.split(maxsplit=1)[0] in CONFIGURES for line in dockerfile.splitlines()[1:])


def graft(dockerfile: str, *, on: str, tag: str) -> None:
    """Make the image that `docker build` would make of a Dockerfile that only configures.

    Args:
        dockerfile: whose first line is FROM.
        on: the image that it starts from.
        tag: the new image's name.
    """
    with GRAFTING:
        _graft(dockerfile, on, tag)


def _graft(dockerfile: str, on: str, tag: str) -> None:
    trunk = _inspect(on)
    husk = f"{tag}-husk"
    empty = _tar({})
    _load(husk, _config(trunk, trunk["Config"], [f"sha256:{hashlib.sha256(empty).hexdigest()}"]), {"layer.tar": empty})
    try:
        _, _, lines = dockerfile.partition("\n")
        built = _docker("build", "--quiet", "-", stdin=f"FROM {husk}\n{lines}".encode()).decode().strip()
        scion = _inspect(built)["Config"]
        _docker("rmi", built)
    finally:
        _docker("rmi", husk)
    layers = trunk["RootFS"]["Layers"]
    _load(tag, _config(trunk, scion, layers), dict.fromkeys(layers))


def _config(image: dict[str, Any], config: dict[str, Any], layers: list[str]) -> bytes:
    """The configuration of an image as it is stored."""
    told = {"architecture": image["Architecture"], "os": image["Os"], "created": image["Created"]}
    return json.dumps({**told, "config": config, "rootfs": {"type": "layers", "diff_ids": layers}}).encode()


def _load(tag: str, config: bytes, layers: dict[str, bytes | None]) -> None:
    """Load an image; layers without bytes are those that the engine has."""
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": list(layers)}]
    files = {"manifest.json": json.dumps(manifest).encode(), name: config}
    _docker("load", "--quiet", stdin=_tar(files | {name: raw for name, raw in layers.items() if raw is not None}))


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, raw in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return packed.getvalue()


def _inspect(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_docker("image", "inspect", image))[0]
    return found


def _docker(*arguments: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=True).stdout
