"""Starts an image as the platform does: `IMAGE serve`, no terminal, no input, no way out to the network.

The address of the container itself is dialled wherever this host can reach it: a published port hides a server that
listens on loopback only, and accepts connections before the server does. Where it cannot be reached, see
`seatrial.conformance.subject.relay`. What a running container can be asked is in
`seatrial.conformance.subject.container`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import docker.errors

from seatrial.conformance.subject.adapters import ADAPTERS_DIR, AdapterCopies
from seatrial.conformance.subject.attach import Drain
from seatrial.conformance.subject.container import ContainerInstance
from seatrial.conformance.subject.dial import Dialler, Reach
from seatrial.conformance.subject.engine import Engine, SubjectContainer, engine_errors, reason
from seatrial.conformance.subject.image_config import describe
from seatrial.conformance.subject.image_files import bring_along, layer_folders, look_inside
from seatrial.conformance.subject.launch_settings import settings
from seatrial.conformance.subject.launcher import Ability, EngineError, SubjectError, SubjectFacts
from seatrial.conformance.subject.logs import LogBook
from seatrial.conformance.subject.model_dir import MODEL_DIR, ModelCopies
from seatrial.conformance.subject.mounts import bind, fill_volume, needs_volumes
from seatrial.conformance.subject.offers import Brought
from seatrial.conformance.subject.ports import bound_port
from seatrial.conformance.subject.sweep import remove_run, sweep
from seatrial.conformance.subject.trial_files import TRIAL_DIR, TrialCopies, filled_env
from seatrial.conformance.subject.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.subject.launcher import Image, LaunchSpec, Limits, Offer
    from seatrial.conformance.subject.lock import Run

__all__ = ["ImageLauncher", "Ways"]

NO_SUCH_SOURCE = "bind source path does not exist"
BAD_REQUEST = 400
OF_THE_SUBJECT = (
    "exec: ", "exec format error", "unable to start container process", "starting container process caused",
    "unable to find user", "no matching entries in passwd", "no matching entries in group",
)  # fmt: skip
"""How engines say that they could not run what the image told them to."""


@dataclass(frozen=True)
class Ways:
    """How things are done that depend on where the engine is. Left alone they are found out; tests force them."""

    reach: Reach | None = None
    volumes: bool = False
    ask_engine: bool = False
    """Ask the engine for processes and sockets although this host can see them."""


class ImageLauncher:
    """Launches an image.

    Args:
        reference: the image as the user named it.
        limits: what each instance is given.
        offer: the user's model directory and environment.
        run: the owner of everything made here.
        ways: see `Ways`.
    """

    parallel = True

    def __init__(self, reference: str, limits: Limits, offer: Offer, run: Run, *, ways: Ways | None = None) -> None:
        self.abilities: frozenset[Ability] = frozenset()
        self.brought = Brought()
        self._reference = reference
        limits = limits.filled()
        self._limits = limits
        self._offer = offer
        self._run = run
        self._ways = ways or Ways()
        self._copies = ModelCopies(offer, run.scratch)
        self._trial_copies = TrialCopies(run.scratch)
        self._adapters = AdapterCopies(offer.adapters, run.scratch)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._labels = run.labels
        self._image: Image | None = None
        self._dialler: Dialler | None = None
        self._volumes: dict[Path, str] = {}
        self._use_volumes = self._ways.volumes
        self._instances: list[ContainerInstance] = []
        self._watchdog = Watchdog(limits)
        self._count = 0

    # -- looking

    def prepare(self) -> SubjectFacts:
        """Find the image, and find out what can be seen on this engine.

        Raises:
            SubjectError: no such image, or a directory or network that is not there.
            EngineError: the engine does not answer.
        """
        self._copies.check()
        engine = self._engine = self._engine or Engine.connect()
        self._labels = engine.labels(self._run)
        sweep(engine.client)
        try:
            found = engine.client.images.get(self._reference)
        except docker.errors.ImageNotFound as error:
            raise SubjectError(
                f"--image {self._reference}: the engine has no such image: "
                f"docker build -t {self._reference} . or docker pull {self._reference}"
            ) from error
        except docker.errors.APIError as error:
            if error.status_code == BAD_REQUEST:
                raise SubjectError(
                    f"--image {self._reference}: {reason(error)}: give a name or id that docker images lists"
                ) from error
            raise EngineError(f"the engine did not describe {self._reference} ({reason(error)})") from error
        layers = layer_folders(found.attrs) if self._sees_processes(engine) else ()
        described = describe(self._reference, found.attrs)
        self._image = look_inside(engine.client, described, self._labels, layers)
        self.brought = bring_along(engine.client, self._image, self._labels, self._run.scratch)
        if self.brought.bad_model_dir and not self._offer.bad_model_dir:
            self._copies = ModelCopies(
                replace(self._offer, bad_model_dir=str(self.brought.bad_model_dir)), self._run.scratch
            )
        self._use_volumes = self._use_volumes or not engine.local or needs_volumes()
        self._dialler = Dialler(engine, self._run, self._limits.network, self._image, self._ways.reach)
        self.abilities = self._abilities(engine, self._dialler)
        return self._facts(self._image, self._dialler)

    def _abilities(self, engine: Engine, dialler: Dialler) -> frozenset[Ability]:
        found = {
            Ability.IMAGE_CONFIG, Ability.IMAGE_FILES, Ability.FRESH_INSTANCE, Ability.ENV, Ability.MOUNTS,
            Ability.TRIAL_FILES, Ability.LOGS, Ability.SIGNALS, Ability.EXIT_STATE, Ability.PROCESSES,
            Ability.FILE_CHANGES, Ability.HOSTNAME,
        }  # fmt: skip
        if dialler.reach is Reach.DIRECT:
            found.add(Ability.DIRECT_ADDRESS)
        if dialler.reach is not Reach.PUBLISHED:
            found.add(Ability.ISOLATION)
        if self._sees_processes(engine) or dialler.helper:
            found.add(Ability.SOCKETS)
        if self._sees_processes(engine) and engine.root:
            found.add(Ability.KILL_CHILDREN)
        if self._limits.gpus or engine.has_gpu():
            found.add(Ability.GPU)
        return frozenset(found)

    def _sees_processes(self, engine: Engine) -> bool:
        return engine.local and not self._ways.ask_engine

    def _facts(self, image: Image, dialler: Dialler) -> SubjectFacts:
        limits = self._limits
        details = (
            ("platform", f"{image.os}/{image.architecture}"),
            ("dialled", dialler.words),
            ("network", limits.network or dialler.isolation_words),
            ("memory", f"{limits.memory_bytes / 2**30:.3g} GiB"),
            ("cpus", f"{limits.cpus:g}" if limits.cpus else "all"),
            ("processes", str(limits.pids)),
            ("shared memory", f"{limits.shm_bytes / 2**30:.3g} GiB"),
            ("gpus", limits.gpus or "none"),
        )
        return SubjectFacts("image", self._reference, image.digest, image.size_bytes, details, image)

    # -- launching

    def launch(self, spec: LaunchSpec) -> ContainerInstance:
        """Start one container; see `Launcher.launch`."""
        self._parts()
        copy, given = self._copies.get(spec.files, spec.model_files), self._trial_copies.get(spec)
        try:
            return self._launch(spec, copy, given)
        except docker.errors.APIError as error:
            if NO_SUCH_SOURCE not in reason(error) or self._use_volumes:
                raise EngineError(f"the engine did not create a container ({reason(error)})") from error
        self._use_volumes = True  # the engine sees other files than we do: a snap, or a socket given into a container
        return self._launch(spec, copy, given)

    def _launch(self, spec: LaunchSpec, copy: Path | None, given: Path | None) -> ContainerInstance:
        engine, image, dialler = self._parts()
        env = dict(self._offer.env) | filled_env(spec, trial_files=TRIAL_DIR, model_dir=MODEL_DIR)
        port = bound_port(env)
        mounted = bind(spec.files, copy, self._volume(copy, MODEL_DIR, image))
        mounted = mounted.with_trial(given, self._volume(given, TRIAL_DIR, image))
        adapters = self._adapters.get()
        mounted = mounted.with_adapters(adapters, self._volume(adapters, ADAPTERS_DIR, image))
        origin = time.monotonic()
        logs = LogBook(origin)
        drains: list[Drain] = []
        container = SubjectContainer(image.digest, lambda created: drains.append(Drain(created, logs)))
        container.with_name(self._name()).with_command(list(spec.args)).with_envs(**env)
        container.ports.update(dialler.published(port))
        container.with_kwargs(
            **settings(self._limits, spec, mounted), network=dialler.network_for(spec), labels=self._labels
        )
        error = _start(container, self._limits)
        wrapped = container.get_wrapped_container()
        address, release = dialler.address(wrapped, spec, port)
        instance = ContainerInstance(
            spec=spec,
            container=container,
            address=address,
            logs=logs,
            drain=drains[0],
            origin=origin,
            start_error=error,
            mounted=mounted,
            adapters=self._adapters.seen_at(ADAPTERS_DIR),
            sees_processes=self._sees_processes(engine),
            read_sockets=dialler.socket_table,
            release=lambda: self._release(copy, given, release),
        )
        with self._lock:
            self._instances.append(instance)
        self._watchdog.watch(instance)
        return instance

    @property
    def engine(self) -> Engine:
        """The engine, connected."""
        return self._parts()[0]

    def _parts(self) -> tuple[Engine, Image, Dialler]:
        if self._engine is None or self._image is None or self._dialler is None:
            self.prepare()
            return self._parts()
        return self._engine, self._image, self._dialler

    def _name(self) -> str:
        with self._lock:
            self._count += 1
            return f"seatrial-{self._run.id}-{self._count}"

    def _volume(self, folder: Path | None, point: str, image: Image) -> str:
        """The volume that holds a folder's files, for an engine that does not see this host's; empty for a bind."""
        if folder is None or not self._use_volumes:
            return ""
        with self._lock:
            if folder not in self._volumes:
                name = f"seatrial-{self._run.id}-{folder.name}"
                client = self.engine.client
                self._volumes[folder] = fill_volume(client, image.digest, folder, name, self._labels, point=point)
            return self._volumes[folder]

    def _release(self, copy: Path | None, given: Path | None, undial: Callable[[], None]) -> None:
        undial()
        gone = [copy] if copy is not None and self._copies.drop(copy) else []
        self._trial_copies.drop(given)
        for folder in (*gone, *([given] if given else [])):
            with self._lock:
                volume = self._volumes.pop(folder, "")
            if volume:
                with contextlib.suppress(docker.errors.DockerException):
                    self.engine.client.volumes.get(volume).remove()

    def stop_all(self) -> None:
        """Stop every instance; more can be launched."""
        with self._lock:
            instances, self._instances = self._instances, []
        for instance in instances:
            instance.stop()

    def close(self) -> None:
        """Remove every container, network and volume of this launcher; see `Launcher.close`."""
        self._watchdog.close()
        if self._engine is None:
            return
        self.stop_all()
        if self._dialler is not None:
            self._dialler.close()
        # What a start that was cut short left behind carries the label as well.
        with engine_errors("the engine did not remove what this run made"):
            remove_run(self._engine.client, self._run.id)
        self._engine.close()
        self._engine = None


def _start(container: SubjectContainer, limits: Limits) -> str:
    """Start it; the engine's words where the subject's own first program could not be run.

    Raises:
        SubjectError: the engine lacks a GPU that was asked for.
        EngineError: the failure is not the subject's.
        docker.errors.APIError: nothing was created.
    """
    try:
        container.start()
    except docker.errors.APIError as error:
        words = reason(error)
        if not container.created:
            raise
        if "device driver" in words or "nvidia" in words.lower():
            raise SubjectError(f"--trial-gpus {limits.gpus}: the engine has none to give ({words})") from error
        if any(part in words for part in OF_THE_SUBJECT):
            return words
        raise EngineError(f"the engine did not start a container ({words})") from error
    return ""
