"""The part of seatrial that pytest loads in every run of everybody who installed it, so it does next to nothing.

It registers the options of a trial and, once a subject is named, hands over to a pytest session of our own in a child
process (`seatrial.conformance.session.process`), so that the folder's own configuration, conftests and filters cannot
disturb the trial, nor the trial them. It imports nothing but pytest, and it judges, starts and prints nothing.

The options `--trial-*` are registered early. The bare words `--image`, `--process` and `--endpoint` are registered
late, once every conftest has been loaded, and only where nobody has claimed them: registered early, a project that
defines an `--image` of its own would break.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

__all__ = ["GROUP", "OPTIONS", "SESSION", "SUBJECT_WORDS", "Option"]

GROUP = "seatrial"
SESSION = "seatrial.conformance.session.hooks"
"""The plugin that makes a pytest session a trial; loaded in the child process only."""


@dataclass(frozen=True)
class Option:
    """One option of a trial.

    Attributes:
        name: without dashes, `trial-image`.
        does: what it does, in one line.
        value: the value's placeholder; empty for a switch.
        default: in words; empty where there is none.
        many: whether it may be given several times.
    """

    name: str
    does: str
    value: str = ""
    default: str = ""
    many: bool = False

    @property
    def help(self) -> str:
        """The line that `--help` shows."""
        return self.does + "; repeatable" * self.many + (f" (default: {self.default})" if self.default else "")

    @property
    def settings(self) -> dict[str, Any]:
        """The keywords of `addoption`; every value stays text until the trial reads it."""
        if not self.value:
            return {"action": "store_true", "help": self.help}
        if self.many:
            return {"action": "append", "metavar": self.value, "help": self.help, "default": []}
        return {"metavar": self.value, "help": self.help, "default": ""}


SUBJECTS = (
    Option("trial-image", "put an image of the local Docker engine on trial", "IMG"),
    Option("trial-process", "put a local process on trial; {port} and {model_dir} are filled in", "'CMD'"),
    Option("trial-endpoint", "put a running endpoint on trial; it is only called", "URL"),
    Option("trial-archive", "judge what a saved image shows (docker save, OCI layout), starting nothing", "FILE.tar"),
    Option("trial-evidence", "judge the evidence of an earlier trial again, starting nothing", "DIR"),
)
"""Any of these makes the run a trial."""

OPTIONS = (
    *SUBJECTS,
    Option(
        "trial-profile", "judge this profile, or all", "NAME", "realtime and what the image's labels claim", many=True
    ),
    Option("trial-depth", "full; or quick, without the starts that serve one clause each", "DEPTH", "full"),
    Option("trial-sample", "a valid request, FILE or FILE;type=text/csv", "FILE", "well-known shapes", many=True),
    Option("trial-slow-sample", "a valid request whose answer takes seconds", "FILE", "none", many=True),
    Option(
        "trial-stream-sample", "a valid request that is answered by a stream", "FILE", "well-known shapes", many=True
    ),
    Option(
        "trial-bidi-sample", "a message that a bidirectional stream answers", "FILE", "well-known shapes", many=True
    ),
    Option(
        "trial-adapter", "give the subject a copy of this adapter, read-only, to load", "NAME=DIR", "none", many=True
    ),
    Option("trial-env", "set a variable of the subject; reports hide its value", "K=V", "none", many=True),
    Option("trial-public-env", "let reports show the value of this variable", "NAME", "none", many=True),
    Option("trial-model-dir", "give the subject a copy of this directory, read-only", "DIR", "none is mounted"),
    Option("trial-bad-model-dir", "a directory that the subject must refuse to serve", "DIR", "none"),
    Option("trial-memory", "memory that the subject gets", "SIZE", "8g"),
    Option("trial-cpus", "processors that the subject gets", "N", "all"),
    Option("trial-pids", "processes and threads that the subject may have", "N", "4096"),
    Option("trial-shm", "shared memory that the subject gets", "SIZE", "1g"),
    Option("trial-gpus", "GPUs that the subject gets, as for docker run", "GPUS", "none"),
    Option("trial-network", "Docker network that the subject joins", "NAME", "one without a route out"),
    Option("trial-startup-timeout", "seconds until the start is given up", "SECONDS", "480, as on the platform"),
    Option(
        "trial-driving-timeout",
        "seconds that a ready subject is driven; what is not seen by then is untested",
        "SECONDS",
        "300, or 3600 with --trial-soak, and more for slow starts and calls",
    ),
    Option("trial-plan", "print what would be started, waited for and driven, and start nothing"),
    Option("trial-strict", "a broken SHOULD fails the trial", default="it warns"),
    Option("trial-soak", "true cadences and leak slopes: takes many minutes", default="quick forms"),
    Option("trial-report", "folder for reports and evidence", "DIR", "seatrial-report"),
    Option("trial-known-failures", "clause ids, one a line, that may fail without failing the run", "FILE", "none"),
    Option("trial-seed", "seed of everything random", "N", "0"),
    Option("trial-insecure", "do not check the certificate of an https endpoint", default="it is checked"),
    Option("trial-target-arch", "architecture that the image is meant for: amd64 or arm64", "ARCH", "amd64"),
)

SUBJECT_WORDS = {"--image": "trial_image", "--process": "trial_process", "--endpoint": "trial_endpoint"}
"""The bare words, and where each one's value is kept."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options that carry our prefix."""
    group = parser.getgroup(GROUP, "seatrial: does a container keep its hosting contract?")
    for option in OPTIONS:
        group.addoption(f"--{option.name}", **option.settings)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> Generator[None]:
    """Hand over to the trial's own process where the command line names a subject.

    A word with our prefix does so before any conftest of the folder is loaded. For a bare word the conftests are loaded
    first, because one of them may claim it; where they cannot be loaded, nobody has.
    """
    given = early_config.invocation_params.args
    in_trial = early_config.pluginmanager.has_plugin(SESSION)
    if not in_trial and _named(given, (f"--{option.name}" for option in SUBJECTS)):
        _hand_over(early_config)
    words = _named(given, SUBJECT_WORDS)
    try:
        yield
    except Exception:
        if words and _offer(parser, words):
            _hand_over(early_config)
        raise
    offered = _offer(parser, SUBJECT_WORDS if _named(given, ("--help", "-h")) else words)
    if words and offered and not in_trial:
        _hand_over(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options of a trial in a run that is none.

    Raises:
        pytest.UsageError: an option of a trial was given without a subject, or the subject stands in `addopts`.
    """
    if config.pluginmanager.has_plugin(SESSION):
        return
    for option in SUBJECTS:
        if config.getoption(option.name.replace("-", "_")):
            raise pytest.UsageError(
                f"--{option.name} stands in addopts or PYTEST_ADDOPTS: name the subject of a trial on the command line"
            )
    for argument in config.invocation_params.args:
        if argument.startswith("--trial-"):
            raise pytest.UsageError(
                f"{argument.partition('=')[0]} was given without a subject: "
                "add --image IMG, --process 'CMD' or --endpoint URL"
            )


def _named(arguments: Iterable[str], words: Iterable[str]) -> list[str]:
    """Those of some option words that stand on a command line, as `--word VALUE` or `--word=VALUE`."""
    given = {argument.partition("=")[0] for argument in arguments if argument.startswith("-")}
    return [word for word in words if word in given]


def _offer(parser: pytest.Parser, words: Iterable[str]) -> list[str]:
    """Register those bare words that nobody has claimed; say which."""
    offered = [word for word in words if not _claimed(parser, word)]
    group = parser.getgroup(GROUP)
    for word in offered:
        dest = SUBJECT_WORDS[word]
        option = next(o for o in SUBJECTS if o.name == dest.replace("_", "-"))
        group.addoption(word, dest=dest, **option.settings)
    return offered


def _claimed(parser: pytest.Parser, word: str) -> bool:
    try:
        return bool(parser.parse_known_and_unknown_args([f"{word}=probe"])[1] != [f"{word}=probe"])
    except (pytest.UsageError, SystemExit):
        return True  # somebody's option refuses the probe as its value


def _hand_over(config: pytest.Config) -> None:
    """Run the trial in a process of its own, and end this one with its exit code."""
    from seatrial.conformance.session.process import run_trial  # noqa: PLC0415  ordinary runs must not pay for it

    raise SystemExit(run_trial(config.invocation_params.args))
