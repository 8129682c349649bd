"""The images that are broken in one way each, by name."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from subjects import BASE, FAULT_VARIABLE, STATIC, build, build_faults, build_static

__all__ = ["build_image", "variable_of"]

SERVER = (Path(__file__).parent / "image" / "broken.py").read_bytes()
START = 'ENTRYPOINT ["python3", "-u", "/opt/broken.py"]'


BROKEN_VARIABLE = "BROKEN"


def build_image(name: str) -> str:
    """Build one of the images, unless it is there; its tag.

    Args:
        name: `broken` and `faults` have a fault that a variable names, see `variable_of`; every other has its own.
    """
    if name in STATIC:
        return build_static(name)
    return {"broken": _broken, "denied": _denied, "faults": build_faults, "foreign": _foreign}[name]()


def variable_of(image: str) -> str:
    """The variable that names the fault."""
    return FAULT_VARIABLE if image == "faults" else BROKEN_VARIABLE


def _broken() -> str:
    return _on_base("broken", START)


def _denied() -> str:
    """The same image with a user who may write nowhere."""
    return _on_base("denied", START, "USER 1000")


def _on_base(name: str, *lines: str) -> str:
    dockerfile = "\n".join((f"ARG BASE={BASE}", "FROM ${BASE}", "COPY broken.py /opt/broken.py", *lines, ""))
    return build(name, {"Dockerfile": dockerfile.encode(), "broken.py": SERVER}, 0o644)


def _foreign() -> str:
    """An image for arm64 that holds nothing but a program for arm64. No engine here builds one, so an image is
    saved, its configuration changed, and loaded again."""
    import docker  # noqa: PLC0415  (tests of pure functions need no engine)

    dockerfile = b'FROM scratch\nCOPY serve /serve\nENTRYPOINT ["/serve"]\n'
    native = build("native", {"Dockerfile": dockerfile, "serve": STATIC["serve-wrong-arch"].files["serve"]}, 0o755)
    client = docker.from_env()
    try:
        saved = b"".join(client.images.get(native).save(named=True))
        loaded = client.images.load(_for_arm(saved, "seatrial-test-subject:foreign"))
        return str(loaded[0].tags[0])
    finally:
        client.close()


def _for_arm(saved: bytes, tag: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(saved)) as old, tarfile.open(fileobj=packed, mode="w") as new:
        manifest = json.load(_open(old, "manifest.json"))
        name = manifest[0]["Config"]
        manifest[0]["RepoTags"] = [tag]
        config = {**json.load(_open(old, name)), "architecture": "arm64", "variant": "v8"}
        changed = {"manifest.json": manifest, name: config}
        for member in old.getmembers():
            if member.name == "repositories":
                continue
            data = _open(old, member.name).read()
            if member.name in changed:
                data = json.dumps(changed[member.name]).encode()
            entry = tarfile.TarInfo(member.name)
            entry.type, entry.size = member.type, len(data)
            new.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _open(archive: tarfile.TarFile, name: str) -> io.BufferedReader | io.BytesIO:
    found = archive.extractfile(name) if archive.getmember(name).isreg() else None
    return found if found is not None else io.BytesIO()  # type: ignore[return-value]  # a buffered reader, as annotated
