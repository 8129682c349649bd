"""From options to a launcher and to the facts of a trial. Launchers are imported here, each only when it is needed."""

from __future__ import annotations

import contextlib
import platform
from datetime import datetime
from importlib import metadata
from typing import TYPE_CHECKING

from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.subject.launcher import Launcher, SubjectFacts

__all__ = ["launcher_for", "prepared", "redactor_of", "trial_facts"]

SHAPED_BY = ("seatrial", "pytest", "h11", "hypothesis", "docker", "testcontainers")
"""Distributions whose version may shape what is observed."""


@contextlib.contextmanager
def prepared(options: TrialOptions) -> Iterator[tuple[Launcher, SubjectFacts]]:
    """A launcher that has looked at its subject; afterwards, everything that it made is removed.

    Raises:
        SubjectError: the user's mistake about the subject.
        EngineError: the engine does not answer.
    """
    with contextlib.ExitStack() as exits:
        run = Run.open()
        exits.callback(run.close)
        launcher = launcher_for(options, run)
        exits.callback(launcher.close)
        yield launcher, launcher.prepare()


def launcher_for(options: TrialOptions, run: Run) -> Launcher:
    """The launcher of the subject that the options name; nothing is looked up yet."""
    if options.image:
        from seatrial.conformance.subject.image import ImageLauncher  # noqa: PLC0415  takes the Docker client along

        return ImageLauncher(options.image, options.limits, options.offer, run)
    if options.process:
        from seatrial.conformance.subject.process import ProcessLauncher  # noqa: PLC0415  only for processes

        return ProcessLauncher(options.process, options.limits, options.offer, run)
    if options.endpoint:
        from seatrial.conformance.subject.endpoint import EndpointLauncher  # noqa: PLC0415  only for endpoints

        return EndpointLauncher(options.endpoint)
    from seatrial.conformance.subject.archive import ArchiveLauncher  # noqa: PLC0415  only for archives

    return ArchiveLauncher(options.archive)


def trial_facts(
    options: TrialOptions,
    launcher: Launcher,
    subject: SubjectFacts,
    *,
    profiles: tuple[str, ...],
    claimed: tuple[str, ...] = (),
) -> TrialFacts:
    """What is fixed before the first launch.

    Args:
        options: of the trial.
        launcher: prepared, so that its abilities stand.
        subject: as the launcher found it.
        profiles: that will be judged.
        claimed: those of them that must be there.
    """
    return TrialFacts(
        subject,
        abilities=launcher.abilities,
        inputs=options.inputs,
        profiles=profiles,
        named=bool(options.profiles),
        claimed=claimed,
        depth=options.depth,
        scale=options.scale,
        seed=options.seed,
        soak=options.soak,
        started=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions=(("python", platform.python_version()), *((name, _version(name)) for name in SHAPED_BY)),
        settings=_settings(options),
        window=options.startup_timeout,
        network=options.limits.network,
        target_arch=options.target_arch,
    )


def redactor_of(options: TrialOptions) -> Redactor:
    """Masks the values of the user's variables, but for those that were marked public."""
    offer = options.offer
    return Redactor(value for name, value in offer.env if name not in offer.public_env)


def _settings(options: TrialOptions) -> tuple[tuple[str, str], ...]:
    limits, offer = options.limits, options.offer
    env = ", ".join(f"{name}={value}" if name in offer.public_env else f"{name}=***" for name, value in offer.env)
    return (
        ("memory", _size(limits.memory_bytes)),
        ("processors", f"{limits.cpus:g}" if limits.cpus else "all"),
        ("processes", str(limits.pids)),
        ("shared memory", _size(limits.shm_bytes)),
        ("disk", _size(limits.disk_bytes)),
        ("GPUs", limits.gpus or "none"),
        ("network", limits.network or "no route out"),
        ("start window", f"{options.startup_timeout:g} s"),
        ("model directory", offer.model_dir or "none given"),
        ("environment", env or "none given"),
        ("samples", ", ".join(sample.name for sample in options.samples) or "none given"),
        ("seed", str(options.seed)),
        ("architecture asked for", options.target_arch),
    )


def _size(count: int) -> str:
    return f"{count / 2**30:g} GiB" if count >= 2**30 else f"{count / 2**20:g} MiB"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
