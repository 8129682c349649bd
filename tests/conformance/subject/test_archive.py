from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.conformance.subject.archive import ArchiveLauncher
from seatrial.conformance.subject.launcher import Ability, Image, LaunchSpec, SubjectError

if TYPE_CHECKING:
    from pathlib import Path

OCI, DOCKER = "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = {"os": "linux", "architecture": "arm64", "config": {"User": "app", "Labels": {"a": "b"}, "Env": ["PATH=/bin"]}}
SCRIPT = b"#!/bin/sh\nexec true\n"


def packed(files: dict[str, bytes | str | None]) -> bytes:
    """A tar: bytes are a program, a string is a link, None a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
                continue
            entry.type = tarfile.SYMTYPE if content else tarfile.DIRTYPE
            entry.linkname = content or ""
            archive.addfile(entry)
    return out.getvalue()


def docker_save(*layers: bytes, count: int = 1) -> bytes:
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    content = [{"Config": "abc123.json", "RepoTags": ["tiny:latest"], "Layers": names}] * count
    files: dict[str, bytes | str | None] = dict(zip(names, layers, strict=True))
    return packed({**files, "abc123.json": json.dumps(CONFIG).encode(), "manifest.json": json.dumps(content).encode()})


class Layout:
    """An OCI layout in the making."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str | None] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, content: bytes | dict[str, Any], media: str, **more: Any) -> dict[str, Any]:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = hashlib.sha256(raw).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = raw
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(raw), **more}

    def image(self, layer: bytes, media: str = OCI, **more: Any) -> dict[str, Any]:
        config = self.blob(CONFIG, "application/vnd.oci.image.config.v1+json")
        layers = [self.blob(layer, "application/vnd.oci.image.layer.v1.tar+gzip")]
        return self.blob({"schemaVersion": 2, "config": config, "layers": layers}, media, **more)

    def tar(self, *descriptors: dict[str, Any]) -> bytes:
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": list(descriptors)}).encode()
        return packed(self.files)


def read(tmp_path: Path, content: bytes) -> tuple[Image, frozenset[Ability]]:
    path = tmp_path / "image.tar"
    path.write_bytes(content)
    launcher = ArchiveLauncher(str(path))
    image = launcher.prepare().image
    assert image is not None
    return image, launcher.abilities


GOOD = packed({"bin/": None, "bin/serve": SCRIPT, "bin/sh": b""})


def test_docker_save_is_read_and_its_manifest_is_out_of_reach(tmp_path: Path):
    image, abilities = read(tmp_path, docker_save(GOOD))
    assert (image.digest, image.architecture, image.user, image.labels) == (
        "sha256:abc123",
        "arm64",
        "app",
        (("a", "b"),),
    )
    assert image.serve is not None
    assert (image.serve.path, image.serve.kind, image.serve.interpreter_found) == ("/bin/serve", "script", True)
    assert image.manifest_type == ""
    assert abilities == {Ability.IMAGE_CONFIG, Ability.IMAGE_FILES}


@pytest.mark.parametrize("media", [OCI, DOCKER])
def test_a_layout_says_its_manifest(tmp_path: Path, media: str):
    layout = Layout()
    image, abilities = read(tmp_path, layout.tar(layout.image(gzip.compress(GOOD), media)))
    assert image.manifest_type == media
    assert image.serve is not None
    assert image.serve.path == "/bin/serve"
    assert Ability.MANIFEST in abilities


def test_a_layout_with_an_attestation_is_an_index(tmp_path: Path):
    layout = Layout()
    unknown = {"os": "unknown", "architecture": "unknown"}
    attestation = layout.blob({"schemaVersion": 2}, OCI, platform=unknown)
    image = layout.image(GOOD, platform={"os": "linux", "architecture": "amd64"})
    index = layout.blob({"schemaVersion": 2, "manifests": [attestation, image]}, INDEX)
    found, _ = read(tmp_path, layout.tar(index))
    assert found.manifest_type == INDEX
    assert found.serve is not None
    assert found.serve.path == "/bin/serve"


def test_two_images_at_the_top_of_a_layout_are_an_index(tmp_path: Path):
    layout = Layout()
    images = (layout.image(GOOD, platform={"os": "linux", "architecture": each}) for each in ("arm64", "amd64"))
    assert read(tmp_path, layout.tar(*images))[0].manifest_type == INDEX


def test_a_single_manifest_that_an_engine_made_up_while_saving_says_nothing(tmp_path: Path):
    layout = Layout()
    layout.files["manifest.json"] = b"[]"
    image, abilities = read(tmp_path, layout.tar(layout.image(GOOD)))
    assert image.manifest_type == ""
    assert Ability.MANIFEST not in abilities


def test_upper_layers_replace_and_delete(tmp_path: Path):
    lower = packed({"bin/serve": SCRIPT, "usr/bin/nvidia-smi": b"", "lib/libcuda.so.1": b"", "lib/deep/x": b""})
    upper = packed({"usr/bin/.wh.nvidia-smi": b"", "lib/.wh..wh..opq": b"", "lib/libnvidia-ml.so.1": b""})
    top = packed({"bin/.wh.serve": b"", "bin/real": b"no program", "sbin/": None})
    image, _ = read(tmp_path, docker_save(lower, upper, top))
    assert image.driver_files == ("/lib/libnvidia-ml.so.1",)
    assert image.serve is not None
    assert image.serve.path == ""


def test_a_file_that_becomes_a_link_is_followed(tmp_path: Path):
    top = packed({"bin/serve": "/opt/real", "opt/real": b"\x7fELF" + bytes(60)})
    image, _ = read(tmp_path, docker_save(GOOD, top))
    assert image.serve is not None
    assert (image.serve.path, image.serve.kind) == ("/opt/real", "elf")


def test_a_layer_that_cannot_be_unpacked_leaves_the_configuration(tmp_path: Path):
    image, abilities = read(tmp_path, docker_save(b"\x28\xb5\x2f\xfd" + bytes(600)))
    assert image.serve is None
    assert image.driver_files is None
    assert abilities == {Ability.IMAGE_CONFIG}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no tar at all", "no plain tar of docker save"),
        (gzip.compress(docker_save(GOOD)), "if it is compressed, unpack it first"),
        (packed({"a": b"b"}), "manifest.json"),
        (docker_save(GOOD, count=2), "it holds 2 images: save one"),
        (packed({"index.json": b"{}"}), "manifests"),
        (packed({"index.json": b"not json"}), "no plain tar"),
    ],
)
def test_what_is_no_saved_image_is_the_users_mistake(tmp_path: Path, content: bytes, words: str):
    with pytest.raises(SubjectError, match=words) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_the_users_mistake(tmp_path: Path):
    with pytest.raises(SubjectError, match="no such file: docker save IMAGE -o"):
        ArchiveLauncher(str(tmp_path / "nope.tar")).prepare()


def test_nothing_is_started_from_an_archive(tmp_path: Path):
    with pytest.raises(SubjectError, match="use --image"):
        ArchiveLauncher(str(tmp_path)).launch(LaunchSpec())
