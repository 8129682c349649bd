"""Puts a run together from the command line: target, payloads, checks, traffic, as each needs the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seatrial.loadgen.answers import options as answer_options
from seatrial.loadgen.answers.reader import is_stream
from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.answers.tokens import stated_tokens
from seatrial.loadgen.engine.once import Once, send_once
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import options as payload_options
from seatrial.loadgen.probe import PROBE_TIMEOUT, Reply, find_model, probe, reply_of
from seatrial.loadgen.recipe import Recipe, make_job
from seatrial.loadgen.run import Job
from seatrial.loadgen.sagemaker.runtime import find_runtime
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.headers import api_key
from seatrial.loadgen.target.parse import parse_target
from seatrial.loadgen.target.values import HttpTarget, RoutedTarget, SageMakerTarget

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from seatrial.loadgen.payload.payloads import Payloads
    from seatrial.loadgen.plan import Plan
    from seatrial.loadgen.run import Slice
    from seatrial.loadgen.target.values import Target

__all__ = ["Assembled", "assemble"]

MODELS = "/v1/models"


@dataclass(frozen=True)
class Assembled:
    """A run that can begin, the values that no report may show, and what another machine needs for the same run."""

    job: Job
    secrets: tuple[str, ...]
    recipe: Recipe


class _Assembly:
    """What the parts of one assembly share."""

    def __init__(self, options: argparse.Namespace, plan: Plan, environment: Mapping[str, str]) -> None:
        self.options, self.plan = options, plan
        if not options.endpoint:
            raise UsageError("say where to: -e http://HOST:PORT.")
        if options.method.upper() == "HEAD":
            raise UsageError("--method HEAD asks for an answer without a body, which measures nothing; use GET.")
        self.target: Target = parse_target(
            options.endpoint, path=options.path, router=options.router, insecure=options.insecure
        )
        self.key = api_key(options.key, environment)
        own = (self.key, *_header_values(options.headers), *self.target.secrets)
        self.secrets = tuple(value for value in own if value)
        self.last: Once | None = None
        """The answer to the last request before the run, which is the one that the run will send."""
        # Asked once: a profile may ask for a role or a second factor.
        self.runtime = find_runtime(self.target) if isinstance(self.target, SageMakerTarget) else None

    def aim(self, path: str) -> Target:
        """Return the target; a path is taken where the user named none."""
        if path and self.options.path is None and isinstance(self.target, HttpTarget):
            return replace(self.target, path=path)
        return self.target

    def send(self, body: bytes, media: str, *, path: str = "", timeout_s: float | None = None) -> Once:
        """Send one request before the run, and wait for its answer."""
        traffic = build_traffic(
            self.aim(path), (body,), (media,), method=self.options.method, headers=self.options.headers,
            key=self.key, keeps=True, runtime=self.runtime,
        )  # fmt: skip
        self.last = send_once(traffic, faults_of_statuses(), timeout_s=timeout_s or self.plan.timeout_s)
        return self.last

    def try_shape(self, body: bytes, media: str) -> Reply:
        """Send one of the probe's shapes."""
        return reply_of(self.send(body, media, timeout_s=PROBE_TIMEOUT), self.target.display, self.secrets)

    def ask_model(self) -> str | None:
        """Ask an OpenAI-style server for the name of its model; other targets have no such list."""
        if not isinstance(self.target, HttpTarget):
            return None
        asked = replace(self.target, path=MODELS)
        traffic = build_traffic(
            asked, (b"",), ("",), method="GET", headers=self.options.headers, key=self.key, keeps=True
        )
        return find_model(send_once(traffic, faults_of_statuses(), timeout_s=PROBE_TIMEOUT))


def assemble(
    options: argparse.Namespace, plan: Plan, environment: Mapping[str, str], *, part: Slice | None = None
) -> Assembled:
    """Make everything that can be made before the run, and find out that the target can be reached.

    Args:
        options: the command line.
        plan: what it says about the load.
        environment: where the API key may stand.
        part: this machine's part of the schedule; None: all of it.

    Raises:
        UsageError: something in the options cannot be.
        TargetUnreachable: nothing answers there.
    """
    assembly = _Assembly(options, plan, environment)
    payloads = payload_options.from_arguments(
        options,
        seed=plan.load.seed,
        for_worker=isinstance(assembly.target, RoutedTarget),
        ask_model=assembly.ask_model,
    )
    if payloads is None:
        payloads = probe(
            assembly.try_shape,
            target=assembly.target.display,
            model=options.model,
            stream=options.stream,
            ask_model=assembly.ask_model,
        )
        streams = payloads.streams
    else:
        streams = is_stream(_knock(assembly, payloads).media) or payloads.streams
    counts = not streams and assembly.last is not None and stated_tokens(assembly.last.body) is not None
    checks = answer_options.from_arguments(options, payloads.expected)
    recipe = Recipe(
        target=assembly.aim(payloads.path), method=options.method, headers=tuple(options.headers), key=assembly.key,
        payloads=payloads, checks=checks, streams=streams, counts=counts, secrets=assembly.secrets,
    )  # fmt: skip
    return Assembled(make_job(recipe, plan, part=part, runtime=assembly.runtime), assembly.secrets, recipe)


def _knock(assembly: _Assembly, payloads: Payloads) -> Once:
    """Send the first request once: a target that cannot be reached is told at once, not after the whole run."""
    found = assembly.send(payloads.bodies[0], payloads.media[0], path=payloads.path)
    reply_of(found, assembly.target.display, assembly.secrets)  # raises where there is no server
    return found


def _header_values(headers: list[str]) -> list[str]:
    """Return what may be secret in `-H` options."""
    return [value.strip() for name, _, value in (each.partition(":") for each in headers) if _is_secret(name)]


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return any(word in lower for word in ("auth", "token", "key", "secret", "cookie"))
