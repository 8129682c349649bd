"""Trials of images: the reference image and one-layer mutants of it, started where a clause takes a start.

Few starts, because they are real: a clause that is judged on the image alone starts nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

from kill_matrix.grafts import graft, only_configures
from kill_matrix.matrix import Tried, judged_beside, suite_of

from seatrial.conformance.conductor import Conductor
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.subject.archive import ArchiveLauncher
from seatrial.conformance.subject.image import ImageLauncher
from seatrial.conformance.subject.launcher import Limits, Offer
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.wire.redact import Redactor
from seatrial.reference_server.images import build

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.subject.launcher import Launcher
    from seatrial.reference_server.variants import Variant

__all__ = ["Yard", "build_line", "built"]

WINDOW = 120.0
"""Seconds that a start may take; the reference image needs one or two."""
OFFER = Offer(env=(("SEATRIAL_MODEL", "echo"), ("AWS_METADATA_SERVICE_TIMEOUT", "2")))
"""The echo starts soonest. A client that seeks credentials for ever would take two starts of that length."""
OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
BUILD = "# build: "


class Yard:
    """Where images are tried.

    Args:
        reference: the name of the reference image.
        scratch: where it is saved, once, for the trials of archives.
    """

    def __init__(self, reference: str, scratch: Path) -> None:
        self.reference = reference
        self._archive = Archive(reference, scratch / "image.tar")
        self._archiving = threading.Lock()

    def trial(self, image: str, ids: tuple[str, ...], *, scale: float = 1.0) -> Tried:
        """Try an image by its name, for the scenarios of some clauses."""
        run = Run.open()
        try:
            return self._trial(ImageLauncher(image, Limits(), OFFER, run), image, ids, scale)
        finally:
            run.close()

    def trial_of_archive(self, name: str, how: str, ids: tuple[str, ...]) -> Tried:
        """Try the reference image as it would look in a registry, had it been built as `how` says."""
        with self._archiving:
            self._archive.build(how)
            return self._trial(ArchiveLauncher(str(self._archive.path)), name, ids, 1.0)

    def _trial(self, launcher: Launcher, name: str, ids: tuple[str, ...], scale: float) -> Tried:
        began = time.monotonic()
        catalogue = suite_of(ids)
        profiles = tuple(p.name for p in catalogue.profiles)
        window = WINDOW / scale
        options = TrialOptions(offer=OFFER, startup_timeout=window, scale=scale)
        facts = TrialFacts(
            launcher.prepare(), launcher.abilities, profiles=profiles, claimed=profiles, scale=scale, window=window
        )
        record = Record(facts)
        conductor = Conductor(launcher, options, catalogue, ids, record=record, redactor=Redactor())
        try:
            conductor.start()
            conductor.finish(lambda _: None)
        finally:
            conductor.cancel()
            launcher.close()
        if conductor.fatal is not None:
            raise conductor.fatal
        bench = Bench(catalogue, record)
        beside = dict.fromkeys((*ids, *judged_beside(ids, facts)))
        return Tried(name, record, {i: bench.judge(i) for i in beside}, time.monotonic() - began)


def build_line(mutant: Variant) -> str:
    """How a mutant is built, where its fault is no line of a Dockerfile; empty else."""
    lines = mutant.change("FROM reference\n").splitlines()
    return next((line.removeprefix(BUILD) for line in lines if line.startswith(BUILD)), "")


def built(mutant: Variant, reference: str) -> str:
    """Build a mutant on the reference image; its name."""
    dockerfile = mutant.change(f"FROM {reference}\n")
    if not only_configures(dockerfile):
        return build.variant(mutant.kind, mutant.name, on=reference)
    tag = f"seatrial-{mutant.kind}:{mutant.name}"
    graft(dockerfile, on=reference, tag=tag)
    return tag


class Archive:
    """An image as an OCI layout in a tar file, as if it had been built in one way or another.

    Its layers are written once. What a way of building changes is small and goes behind them: of several entries of one
    name the last counts.
    """

    def __init__(self, image: str, path: Path) -> None:
        self._image, self.path = image, path
        self._config: dict[str, Any] = {}
        self._layers: list[dict[str, Any]] = []

    def build(self, how: str) -> None:
        """Make it what the image would be, built with the options `how`; Docker's own media types without any."""
        if not self._layers:
            self._save()
        config = {**self._config, **({"architecture": "arm64"} if "arm64" in how else {})}
        kind = f"{OCI}.manifest.v1+json" if "oci" in how or "provenance" in how else DOCKER
        with tarfile.open(self.path, "a") as target:
            manifest = {"schemaVersion": 2, "mediaType": kind, "config": _blob(target, config), "layers": self._layers}
            top = {**_blob(target, manifest), "mediaType": kind}
            if "provenance" in how:
                platforms = ("linux", "amd64"), ("unknown", "unknown")
                listed = [{**top, "platform": {"os": os, "architecture": each}} for os, each in platforms]
                top = {**_blob(target, {"schemaVersion": 2, "manifests": listed}), "mediaType": f"{OCI}.index.v1+json"}
            _write(target, "index.json", json.dumps({"schemaVersion": 2, "manifests": [top]}).encode())
            _write(target, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')

    def _save(self) -> None:
        with tempfile.TemporaryFile(dir=self.path.parent) as saved:
            subprocess.run(["docker", "save", self._image], stdout=saved, check=True)
            saved.seek(0)
            with tarfile.open(fileobj=saved) as source, tarfile.open(self.path, "w") as target:
                contents = _read(source, "manifest.json")[0]
                self._config = _read(source, contents["Config"])
                self._layers = [_copy(source, target, name) for name in contents["Layers"]]


def _copy(source: tarfile.TarFile, target: tarfile.TarFile, name: str) -> dict[str, Any]:
    """Copy a layer as a blob; its descriptor."""
    file: Any = source.extractfile(name)
    digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    size = source.getmember(name).size
    file.seek(0)
    entry = tarfile.TarInfo(f"blobs/{digest.replace(':', '/')}")
    entry.size = size
    target.addfile(entry, file)
    return {"mediaType": f"{OCI}.layer.v1.tar", "digest": digest, "size": size}


def _blob(target: tarfile.TarFile, value: Any) -> dict[str, Any]:
    """Write a value as a blob; its descriptor without a media type."""
    raw = json.dumps(value).encode()
    digest = hashlib.sha256(raw).hexdigest()
    _write(target, f"blobs/sha256/{digest}", raw)
    return {"digest": f"sha256:{digest}", "size": len(raw)}


def _read(source: tarfile.TarFile, name: str) -> Any:
    file: Any = source.extractfile(name)
    return json.load(file)


def _write(target: tarfile.TarFile, name: str, raw: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(raw)
    target.addfile(entry, io.BytesIO(raw))
