"""Adapters that came with the model: each folder of `<model directory>/adapters/` is loaded at the start."""

from pathlib import Path

from seatrial.reference_server.standards.adapters.engine import AdapterEngine, AdapterError
from seatrial.reference_server.standards.logging_config import logger

FOLDER = "adapters"


def found(model_dir: Path) -> tuple[Path, ...]:
    """Return the folders of adapters in order of their names; hidden ones and files are none."""
    folder = model_dir / FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))


async def load_found(engine: AdapterEngine, model_dir: Path) -> tuple[str, ...]:
    """Load the adapters of a model directory, each under the name of its folder.

    Returns:
        The names.

    Raises:
        AdapterError: one does not load: the server must not start without what it was given.
    """
    folders = found(model_dir)
    for path in folders:
        try:
            await engine.load(path.name, str(path), preload=True, pin=False)
        except AdapterError as error:
            raise AdapterError(error.status, f"the adapter {path} cannot be loaded: {error.message}") from error
        logger.info("loaded the adapter %s from %s", path.name, path)
    return tuple(path.name for path in folders)
