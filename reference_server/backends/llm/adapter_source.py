"""Where an adapter's files lie, by the source that a request names."""

from pathlib import Path

from seatrial.reference_server.backends.llm.engine import AdapterError
from seatrial.reference_server.errors import NotFoundError

WEIGHTS = "adapter_model.safetensors"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl")


def folder_of(src: str, beside: Path) -> Path:
    """Return the folder that a source names.

    Args:
        src: a path; a relative one is looked up beside the model and must not lead out of there.
        beside: the folder of the model.

    Raises:
        NotFoundError: there is no such folder.
        AdapterError: it is an address or leads out, or its weights are no safetensors.
    """
    if "://" in src:
        raise AdapterError(f"src is {src[:200]!r}, expected the path of a folder: nothing is downloaded here")
    if "\0" in src:
        raise AdapterError("src holds a zero byte, expected the path of a folder")
    folder = beside / src
    if not Path(src).is_absolute() and not folder.resolve().is_relative_to(beside.resolve()):
        raise AdapterError(f"src is {src[:200]!r}, which leads out of the model's folder: give an absolute path")
    try:
        there = folder.is_dir()
    except OSError:
        there = False  # a name that no file system takes, or a folder that may not be read
    if not there:
        raise NotFoundError(f"there is no folder {src[:200]!r}: give the one that holds the adapter's files")
    if not (folder / WEIGHTS).is_file() and any(next(folder.glob(name), None) for name in PICKLED):
        raise AdapterError(f"{src[:200]!r} holds pickled weights, which can run any code: save them as {WEIGHTS}")
    return folder
