"""Looks at the image itself. Nothing is started, so this works on an archive, too."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Image, Unobserved, Untested, scenario

__all__ = ["ImageSeen"]


@dataclass(frozen=True)
class ImageSeen:
    """The image on trial.

    Attributes:
        image: as the engine or the archive describes it.
        target: the architecture of the instances that it is meant for.
    """

    image: Image
    target: str


@scenario("image", sees=ImageSeen, launch=None, takes=0.0)
def image(drive: Drive) -> ImageSeen:
    """Record what the launcher found out before the first start."""
    found = drive.facts.subject.image
    if found is None:
        raise Unobserved(Untested.OUT_OF_REACH, f"a {drive.facts.subject.kind} is no image")
    return ImageSeen(found, drive.facts.target_arch)
