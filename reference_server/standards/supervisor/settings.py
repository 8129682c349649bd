"""What the variables of the supervisor ask for.

`PROCESS_AUTO_RECOVERY`, `PROCESS_MAX_START_RETRIES`, `LOG_LEVEL`, `SUPERVISOR_CONFIG_PATH`, and any
`SUPERVISOR_<SECTION>_<KEY>` in the words of supervisord, where `__` stands for `:`. Of the latter these are acted on,
all of the section `program:app`: startsecs, startretries, stopwaitsecs, stopsignal, autorestart.
"""

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.reference_server.standards.supervisor.telling import Level

PROGRAM = "app"
PREFIX = "SUPERVISOR_"
CONFIG_PATH = "SUPERVISOR_CONFIG_PATH"
DEFAULT_CONFIG = Path("/tmp/supervisord.conf")  # noqa: S108 - the public name of the file
MOST_RETRIES = 100
LEVELS = {"debug", "info", "warn", "warning", "error", "critical"}
TRUE = frozenset({"true", "1"})
# What supervisord takes as a boolean.
SWITCHES = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
# What a supervisord that runs this program tells it about itself.
SET_BY_SUPERVISORD = frozenset({"SUPERVISOR_ENABLED", "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME"})
NO_OVERRIDES = SET_BY_SUPERVISORD | {CONFIG_PATH}


class SettingsError(Exception):
    """A variable has a value that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Override:
    """One key of supervisord that a variable sets."""

    variable: str
    section: str
    key: str
    value: str


@dataclass(frozen=True)
class SupervisorSettings:
    """How a command is watched.

    Args:
        retries: starts after the first one that may fail in a row.
        start_seconds: a process that ends sooner has failed to start.
        stop_seconds: how long a stopping process may drain; the platform kills after 30 s.
        stop_signal: what a stopping process is sent.
        restart: whether a process that has ended is started again.
        log_level: the least important line that is written.
        config_path: where the configuration is written down.
        config_is_kept: whether that file stays after the end.
        overrides: all keys that variables set, also those that are only written down.
    """

    retries: int = 3
    start_seconds: float = 1.0
    stop_seconds: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    restart: bool = True
    log_level: Level = Level.INFO
    config_path: Path = DEFAULT_CONFIG
    config_is_kept: bool = False
    overrides: tuple[Override, ...] = field(default=())


def is_supervised(environ: Mapping[str, str]) -> bool:
    """Return whether a process is to be started again when it ends: unless the variable says something else."""
    return environ.get("PROCESS_AUTO_RECOVERY", "true").lower() in TRUE


def load(environ: Mapping[str, str]) -> SupervisorSettings:
    """Read the variables.

    Raises:
        SettingsError: one of them cannot be used.
    """
    overrides = tuple(_overrides(environ))
    program = {entry.key: entry for entry in overrides if entry.section == f"program:{PROGRAM}"}
    retries = _whole("PROCESS_MAX_START_RETRIES", environ.get("PROCESS_MAX_START_RETRIES", "3"))
    return SupervisorSettings(
        retries=_number(program, "startretries", retries),
        start_seconds=_number(program, "startsecs", 1),
        stop_seconds=_number(program, "stopwaitsecs", 30),
        stop_signal=_signal(program),
        restart=_switch(program),
        log_level=level(environ.get("LOG_LEVEL", "info")),
        config_path=Path(environ.get(CONFIG_PATH) or DEFAULT_CONFIG),
        config_is_kept=bool(environ.get(CONFIG_PATH)),
        overrides=overrides,
    )


def asked_for(environ: Mapping[str, str]) -> bool:
    """Return whether a variable speaks to a supervisor at all."""
    return any(
        name.startswith(("PROCESS_AUTO_RECOVERY", "PROCESS_MAX_START_RETRIES", PREFIX))
        and name not in SET_BY_SUPERVISORD
        for name in environ
    )


def _overrides(environ: Mapping[str, str]) -> Iterator[Override]:
    for variable, value in sorted(environ.items()):
        if variable.startswith(PREFIX) and variable not in NO_OVERRIDES:
            section, key = _section_and_key(variable.removeprefix(PREFIX).lower())
            if section and key:
                yield Override(variable, section, key, value)


def _section_and_key(name: str) -> tuple[str, str]:
    """Divide a name; where the program's own name or `supervisord` comes first, the rest is the key, of any length."""
    for known in (f"program__{PROGRAM}_", "supervisord_"):
        if name.startswith(known):
            return known[:-1].replace("__", ":"), name.removeprefix(known)
    kind, colon, rest = name.partition("__")
    first, _, key = (rest if colon else kind).partition("_")
    return (f"{kind}:{first}" if colon else first), key


def _whole(variable: str, text: str) -> int:
    if not (text.strip().isdecimal() and int(text) <= MOST_RETRIES):
        raise SettingsError(f"{variable} is {text[:40]!r}, expected a whole number from 0 to {MOST_RETRIES}")
    return int(text)


def _number(program: Mapping[str, Override], key: str, default: int) -> int:
    if key not in program:
        return default
    entry = program[key]
    if not entry.value.strip().isdecimal():
        raise SettingsError(f"{entry.variable} is {entry.value[:40]!r}, expected a whole number")
    return int(entry.value)


def _signal(program: Mapping[str, Override]) -> signal.Signals:
    if "stopsignal" not in program:
        return signal.SIGTERM
    entry = program["stopsignal"]
    name = "SIG" + entry.value.strip().upper().removeprefix("SIG")
    try:
        return signal.Signals[name]
    except KeyError:
        raise SettingsError(f"{entry.variable} is {entry.value[:40]!r}, expected the name of a signal") from None


def _switch(program: Mapping[str, Override]) -> bool:
    if "autorestart" not in program:
        return True
    entry = program["autorestart"]
    word = entry.value.strip().lower()
    if word not in SWITCHES:
        raise SettingsError(f"{entry.variable} is {entry.value[:40]!r}, expected true or false")
    return SWITCHES[word]


def level(text: str) -> Level:
    """Read a level in supervisord's words.

    Raises:
        SettingsError: there is no such level.
    """
    name = text.strip().lower()
    if name not in LEVELS:
        raise SettingsError(f"LOG_LEVEL is {text[:40]!r}, expected one of {', '.join(sorted(LEVELS))}")
    return Level[name.upper().removesuffix("ING")]
