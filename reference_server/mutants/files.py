"""Faults in what a server does with its model directory, and in what it expects to find there."""

import contextlib
import os
import tempfile
import zipfile
from pathlib import Path

from seatrial.reference_server.logs import log
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.variants import mutant

NOBODY = 65_534


@mutant(kills="files.read-only-model", reason="read-only-breaks-start", layer="process", also=["start.stays-up"])
def unpacks_beside_the_model(process: type[ServerProcess]) -> type[ServerProcess]:
    """Unpack into the model directory; as root on this host it could, so it becomes nobody first."""

    class Unpacks(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def run(self) -> int:
            if os.geteuid() == 0:
                os.seteuid(NOBODY)
            (self.settings.model_dir / "unpacked").mkdir()
            return int(super().run())

    return Unpacks


@mutant(kills="files.model-untouched", reason="model-touched", layer="process")
def caches_beside_the_model(process: type[ServerProcess]) -> type[ServerProcess]:
    """Keep a cache in the model directory where that is possible, as a hub client told to does."""

    class Caches(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            with contextlib.suppress(OSError):
                cache = self.settings.model_dir / ".cache"
                cache.mkdir(exist_ok=True)
                (cache / "models.lock").write_text(str(os.getpid()))

    return Caches


@mutant(kills="files.uncompressed-model", reason="archive-needed", layer="process", also=["start.stays-up"])
def insists_on_an_archive(process: type[ServerProcess]) -> type[ServerProcess]:
    """Look for model.tar.gz, which the platform has unpacked."""

    class Insists(process):  # type: ignore[misc,valid-type]
        def run(self) -> int:
            self.configure_logs()
            archive = self.settings.model_dir / "model.tar.gz"
            if not archive.exists():
                log.error("%s is missing", archive)
                return 1
            return int(super().run())

    return Insists


@mutant(kills="files.odd-artifacts", reason="odd-files-break-start", layer="process")
def zips_its_model(process: type[ServerProcess]) -> type[ServerProcess]:
    """Pack the model into a zip file, which knows no time before 1980."""

    class Zips(process):  # type: ignore[misc,valid-type]
        def run(self) -> int:
            with tempfile.TemporaryFile() as packed, zipfile.ZipFile(packed, "w") as archive:
                for path in Path(self.settings.model_dir).rglob("*"):
                    archive.write(path)
            return int(super().run())

    return Zips
