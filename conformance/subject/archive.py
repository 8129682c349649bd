"""A saved image, read without an engine: the output of `docker save`, or an OCI layout in a tar file.

It answers the static questions only. The manifest counts where the archive keeps what a registry would hold: an OCI
layout does. `docker save` writes none of its own (`manifest.json` is a table of contents); engines that add an OCI
layout beside it make a single manifest up while saving, so there only an index says anything.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from seatrial.conformance.subject.image_config import from_config
from seatrial.conformance.subject.launcher import Ability, LaunchSpec, SubjectError, SubjectFacts
from seatrial.conformance.subject.layers import LayerTree, UnreadableLayerError
from seatrial.conformance.subject.serve_word import resolve_serve

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Image

__all__ = ["ArchiveLauncher"]

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
PLATFORM = ("linux", "amd64")


@dataclass(frozen=True)
class _Found:
    """What the archive's table of contents leads to.

    Attributes:
        config: the image's configuration.
        config_digest: `sha256:…` of it: the image id.
        layers: names in the archive, lowest first.
        manifest_type: as a registry would say it; empty where the archive does not know.
    """

    config: dict[str, Any]
    config_digest: str
    layers: tuple[str, ...]
    manifest_type: str


class ArchiveLauncher:
    """Reads a saved image; starts nothing.

    Args:
        path: the tar file.
    """

    parallel = True

    def __init__(self, path: str) -> None:
        self._path = path
        self.abilities: frozenset[Ability] = frozenset()

    def prepare(self) -> SubjectFacts:
        """Read the archive.

        Raises:
            SubjectError: there is no image in it that can be read.
        """
        try:
            with tarfile.open(self._path, "r:") as archive:
                image, seen = self._read(archive)
        except FileNotFoundError as error:
            raise SubjectError(
                f"--trial-archive {self._path}: no such file: docker save IMAGE -o {self._path}"
            ) from error
        except (tarfile.TarError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise SubjectError(
                f"--trial-archive {self._path}: no plain tar of docker save, nor of an OCI layout ({error}); "
                "if it is compressed, unpack it first"
            ) from error
        abilities = {Ability.IMAGE_CONFIG}
        abilities |= {Ability.IMAGE_FILES} if seen else set()
        abilities |= {Ability.MANIFEST} if image.manifest_type else set()
        self.abilities = frozenset(abilities)
        details = (("platform", f"{image.os}/{image.architecture}"), ("files", "seen" if seen else "not seen"))
        return SubjectFacts("archive", Path(self._path).name, image.digest, image.size_bytes, details, image)

    def _read(self, archive: tarfile.TarFile) -> tuple[Image, bool]:
        names = set(archive.getnames())
        found = _from_layout(archive, names) if "index.json" in names else _from_docker(archive)
        size = sum(archive.getmember(name).size for name in found.layers)
        image = from_config(self._path, found.config_digest, found.config, found.config.get("config") or {}, size)
        image = replace(image, manifest_type=found.manifest_type)
        try:
            tree = LayerTree(archive, found.layers)
        except UnreadableLayerError:
            return image, False
        return replace(image, serve=resolve_serve(image, tree), driver_files=tree.driver_files()), True

    def launch(self, spec: LaunchSpec) -> NoReturn:
        """An archive is not started.

        Raises:
            SubjectError: always.
        """
        raise SubjectError(f"--trial-archive {self._path}: nothing can be started from it ({spec.name}): use --image")

    def close(self) -> None:
        """Nothing was made."""


def _from_docker(archive: tarfile.TarFile) -> _Found:
    """Follow `manifest.json`, the table of contents of `docker save`."""
    images = _json(archive, "manifest.json")
    if len(images) != 1:
        raise ValueError(f"it holds {len(images)} images: save one")
    name = str(images[0]["Config"])
    digest = f"sha256:{name.removesuffix('.json').rsplit('/', 1)[-1]}"
    return _Found(_json(archive, name), digest, tuple(images[0]["Layers"]), "")


def _from_layout(archive: tarfile.TarFile, names: set[str]) -> _Found:
    """Follow `index.json` of an OCI layout."""
    descriptors = _json(archive, "index.json")["manifests"]
    outer = descriptors[0] if len(descriptors) == 1 else _ours(descriptors)
    pushed = str(outer.get("mediaType", "")) if len(descriptors) == 1 else "application/vnd.oci.image.index.v1+json"
    while outer.get("mediaType") in INDEX_TYPES:
        outer = _ours(_blob(archive, outer["digest"])["manifests"])
    manifest = _blob(archive, outer["digest"])
    invented = "manifest.json" in names and pushed not in INDEX_TYPES
    layers = tuple(_blob_name(layer["digest"]) for layer in manifest["layers"])
    config = manifest["config"]["digest"]
    return _Found(_blob(archive, config), str(config), layers, "" if invented else pushed)


def _ours(descriptors: list[dict[str, Any]]) -> dict[str, Any]:
    """The one for the platform, else the first that is an image (attestations call their platform unknown)."""
    images = [each for each in descriptors if (each.get("platform") or {}).get("os") != "unknown"]
    for each in images:
        platform = each.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == PLATFORM:
            return each
    return images[0]


def _blob(archive: tarfile.TarFile, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = _json(archive, _blob_name(digest))
    return found


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return json.load(file)
