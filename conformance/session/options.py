"""From the words of a command line to `TrialOptions`: every mistake is said in one sentence that names the option.

Nothing is started or looked up here beside the files that the user named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.conformance.contract import Depth
from seatrial.conformance.options import OptionError, TrialOptions, parse_adapter, parse_env, parse_sample, parse_size
from seatrial.conformance.plugin import SUBJECTS
from seatrial.conformance.subject.launcher import Limits, Offer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.samples import Sample

__all__ = ["ARCHITECTURES", "read_options"]

ARCHITECTURES = ("amd64", "arm64")


@dataclass(frozen=True)
class _Words:
    """The options as they were typed; `look_up` finds one by its name in `plugin.OPTIONS`."""

    look_up: Callable[[str], Any]

    def one(self, name: str) -> str:
        return str(self._typed(name) or "")

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(self._typed(name) or ())

    def switch(self, name: str) -> bool:
        return bool(self._typed(name))

    def _typed(self, name: str) -> Any:
        return self.look_up(f"trial-{name.replace('_', '-')}")

    def number(self, name: str, default: float, *, least: float = 0.0) -> float:
        """A number of at least `least`, exclusive; `default` where the option was not given."""
        text, option = self.one(name), f"--trial-{name.replace('_', '-')}"
        try:
            number = float(text) if text else default
        except ValueError:
            raise OptionError(f"{option} {text}: expected a number") from None
        if text and not number > least:
            raise OptionError(f"{option} {text}: expected a number above {least:g}")
        return number

    def whole(self, name: str, default: int, *, least: float = 0.0) -> int:
        number = self.number(name, default, least=least)
        if number != int(number):
            raise OptionError(f"--trial-{name} {self.one(name)}: expected a whole number")
        return int(number)

    def size(self, name: str, default: int) -> int:
        text = self.one(name)
        return parse_size(f"--trial-{name}", text) if text else default


def read_options(look_up: Callable[[str], Any]) -> TrialOptions:
    """Read the options of a trial from a parsed command line, pytest's or our own.

    Args:
        look_up: gives what was typed for an option by its name, `trial-image`: text, a list of texts or a flag.

    Raises:
        OptionError: an option is wrong, or not exactly one subject was named.
    """
    words = _Words(look_up)
    _one_subject(words)
    samples, streams, messages = _samples(words)
    return TrialOptions(
        image=words.one("image"),
        process=words.one("process"),
        endpoint=words.one("endpoint"),
        archive=words.one("archive"),
        profiles=words.many("profile"),
        depth=_depth(words.one("depth")),
        samples=samples,
        stream_samples=streams,
        bidi_samples=messages,
        offer=_offer(words),
        limits=_limits(words),
        startup_timeout=words.number("startup_timeout", 480.0),
        driving_timeout=words.number("driving_timeout", 0.0),
        plan_only=words.switch("plan"),
        strict=words.switch("strict"),
        soak=words.switch("soak"),
        report=Path(words.one("report") or "seatrial-report"),
        evidence=Path(words.one("evidence")) if words.one("evidence") else None,
        seed=words.whole("seed", 0, least=-1),
        insecure=words.switch("insecure"),
        target_arch=_architecture(words.one("target_arch")),
    )


def _one_subject(words: _Words) -> None:
    named = [f"--{o.name}" for o in SUBJECTS if words.one(o.name.removeprefix("trial-"))]
    if not named:
        raise OptionError(
            "the subject of the trial is empty: name an image, a command, a URL or a folder behind its option"
        )
    if len(named) > 1:
        raise OptionError(f"{' and '.join(named)} were given: a trial has one subject, run one trial for each")
    if words.one("evidence") and words.switch("plan"):
        raise OptionError(
            "--trial-plan was given with --trial-evidence: judging again starts nothing, so there is no plan"
        )


def _samples(words: _Words) -> tuple[tuple[Sample, ...], tuple[Sample, ...], tuple[Sample, ...]]:
    """Those for calls, for streams and for bidirectional ones."""

    def given(name: str, *, slow: bool = False) -> tuple[Sample, ...]:
        option = f"--trial-{name.replace('_', '-')}"
        return tuple(parse_sample(option, text, slow=slow) for text in words.many(name))

    plain = (*given("sample"), *given("slow_sample", slow=True))
    streams, messages = given("stream_sample"), given("bidi_sample")
    _apart("samples", (sample.name for sample in (*plain, *streams, *messages)))
    return plain, streams, messages


def _apart(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise OptionError(f"{count} {what} are called {name}: rename them, reports tell {what} apart by name")


def _offer(words: _Words) -> Offer:
    env = tuple(parse_env("--trial-env", text) for text in words.many("env"))
    public = frozenset(words.many("public_env"))
    for name in sorted(public - {name for name, _ in env}):
        raise OptionError(f"--trial-public-env {name}: no --trial-env sets {name}; add --trial-env {name}=VALUE")
    adapters = tuple(parse_adapter("--trial-adapter", text) for text in words.many("adapter"))
    _apart("adapters", (name for name, _ in adapters))
    return Offer(words.one("model_dir"), words.one("bad_model_dir"), env, public, adapters)


def _limits(words: _Words) -> Limits:
    usual = Limits()
    return Limits(
        memory_bytes=words.size("memory", usual.memory_bytes),
        cpus=words.number("cpus", usual.cpus),
        pids=words.whole("pids", usual.pids),
        shm_bytes=words.size("shm", usual.shm_bytes),
        disk_bytes=usual.disk_bytes,
        log_bytes=usual.log_bytes,
        gpus=words.one("gpus"),
        network=words.one("network"),
    )


def _depth(text: str) -> Depth:
    if text and text not in set(Depth):
        raise OptionError(f"--trial-depth {text}: expected {' or '.join(Depth)}")
    return Depth(text) if text else Depth.FULL


def _architecture(text: str) -> str:
    if text and text not in ARCHITECTURES:
        raise OptionError(f"--trial-target-arch {text}: expected {' or '.join(ARCHITECTURES)}")
    return text or ARCHITECTURES[0]
