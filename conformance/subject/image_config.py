"""Reads an image's configuration, as an engine describes it or as an archive holds it, into an `Image`."""

from __future__ import annotations

from typing import Any

from seatrial.conformance.subject.launcher import Image

__all__ = ["describe", "from_config"]


def describe(reference: str, attrs: dict[str, Any]) -> Image:
    """The image of an engine's `inspect`."""
    return from_config(reference, str(attrs["Id"]), attrs, attrs.get("Config") or {}, int(attrs.get("Size") or 0))


def from_config(reference: str, digest: str, platform: dict[str, Any], config: dict[str, Any], size: int) -> Image:
    """Build an `Image`.

    Args:
        reference: how the user named it.
        digest: the image id.
        platform: holds `Os` and `Architecture`, in either spelling of their first letters.
        config: the part that says how containers are run.
        size: in bytes.
    """
    return Image(
        reference=reference,
        digest=digest,
        os=str(platform.get("Os") or platform.get("os") or ""),
        architecture=str(platform.get("Architecture") or platform.get("architecture") or ""),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "",
        env=tuple(_pair(entry) for entry in config.get("Env") or ()),
        labels=tuple(sorted((config.get("Labels") or {}).items())),
        exposed=tuple(sorted(config.get("ExposedPorts") or ())),
        stop_signal=config.get("StopSignal") or "",
        size_bytes=size,
    )


def _pair(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value
