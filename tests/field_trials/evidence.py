"""Packs the evidence of a trial for publication, so that a stranger can judge it again.

What a process tells of itself holds paths of the machine that it ran on; they are replaced, and nothing else is.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from field_trials.servers import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pack"]

LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(evidence: Path, archive: Path) -> None:
    """Write the files of a folder of evidence into a zip archive, without paths of this machine."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pages:
        for path in sorted(evidence.iterdir()):
            # The same evidence makes the same archive: no date of the file goes in.
            entry = zipfile.ZipInfo(f"{archive.stem}/{path.name}", LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            pages.writestr(entry, _anonymous(path.read_text("utf-8"), _places()))


def _places() -> Mapping[str, str]:
    """Paths that tell of this machine, the longest first, and what stands for them."""
    places = {str(PROJECT): "/{project}", str(Path(sys.base_prefix)): "/{python}", str(Path.home()): "/{home}"}
    return dict(sorted(places.items(), key=lambda item: -len(item[0])))


def _anonymous(text: str, places: Mapping[str, str]) -> str:
    for place, word in places.items():
        text = text.replace(place, word)
    return text
