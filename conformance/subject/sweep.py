"""Removes what ended runs left behind: at start, at the end, and for `seatrial clean`.

A run is over when its lock is free, see `seatrial.conformance.subject.lock`. Runs of other machines on a shared engine
are never touched, because their locks cannot be seen from here. Live processes need no sweep: their guard ends them
with the harness.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.subject.lock import (
    HOME_LABEL,
    LOCK_LABEL,
    OWNER_LABEL,
    RUN_LABEL,
    free_lock,
    owner,
    remove_tree,
    runtime_folder,
    scratch_root,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

__all__ = ["remove_run", "sweep", "sweep_engine"]


def sweep(client: docker.DockerClient | None = None) -> int:
    """Remove everything of the runs that are over.

    Args:
        client: an engine to look at as well.

    Returns:
        How many things were removed.
    """
    return (sweep_engine(client) if client else 0) + _sweep_scratch()


def sweep_engine(client: docker.DockerClient) -> int:
    """Remove containers, networks and volumes of the runs that are over; how many."""
    runs = {labels[RUN_LABEL]: labels for labels in map(_labels, _labelled(client, RUN_LABEL)) if OWNER_LABEL in labels}
    return sum(remove_run(client, run_id) for run_id, labels in runs.items() if _is_over(client, labels))


def _is_over(client: docker.DockerClient, labels: dict[str, str]) -> bool:
    """Whether the run that made these labels has ended."""
    if labels[OWNER_LABEL] == owner():
        with free_lock(Path(labels.get(LOCK_LABEL, ""))) as free:
            return free
    return HOME_LABEL in labels and not _runs(client, labels[HOME_LABEL])


def _runs(client: docker.DockerClient, container_id: str) -> bool:
    """Whether a container lives: when the harness was in one of this engine, nobody else sees its lock."""
    found = client.containers.list(filters={"id": container_id}, ignore_removed=True)
    return bool(found)


def remove_run(client: docker.DockerClient, run_id: str) -> int:
    """Remove everything that carries the label of one run, whether or not it is over; how many."""
    removed = 0
    for thing in _labelled(client, f"{RUN_LABEL}={run_id}"):
        # Whoever else removes it at the same moment is welcome; what cannot go now goes with the next sweep.
        with contextlib.suppress(Exception):
            _remove(thing)
            removed += 1
    return removed


def _labelled(client: docker.DockerClient, label: str) -> Iterator[Container | Network | Volume]:
    """Containers first: networks and volumes cannot go before them."""
    yield from client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
    yield from client.networks.list(filters={"label": label})
    yield from client.volumes.list(filters={"label": label})


def _labels(thing: Container | Network | Volume) -> dict[str, str]:
    attrs = thing.attrs
    return attrs.get("Labels") or attrs.get("Config", {}).get("Labels") or {}


def _remove(thing: Container | Network | Volume) -> None:
    # Runs without an engine need no docker.
    from docker.models.containers import Container  # noqa: PLC0415
    from docker.models.networks import Network  # noqa: PLC0415

    if isinstance(thing, Container):
        thing.remove(force=True, v=True)
        return
    if isinstance(thing, Network):
        thing.reload()
        for connected in thing.attrs["Containers"] or ():
            thing.disconnect(connected, force=True)  # a harness that was a container itself and was killed
    thing.remove()


def _sweep_scratch() -> int:
    """Remove lock files and scratch folders of the runs that are over; how many of both."""
    removed = 0
    runs: defaultdict[str, list[Path]] = defaultdict(list)
    for lock in runtime_folder().glob("*.lock"):
        runs[lock.stem].append(lock)
    for folder in scratch_root().iterdir():
        if folder.is_dir():
            runs[folder.name].append(folder)
    for run_id, found in runs.items():
        lock = runtime_folder() / f"{run_id}.lock"
        with free_lock(lock) as free:
            if free:
                for path in found:
                    remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)
                    removed += 1
    return removed
