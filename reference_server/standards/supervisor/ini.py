"""The settings as a configuration file that supervisord itself could read: to look at, and for `generate`.

Every argument survives supervisord's reading, which strips lines, cuts at ` ;` and ` #`, expands `%`, and only then
divides as a shell would: empty quotes stand wherever one of these would bite.
"""

import re
from collections.abc import Iterable, Sequence

from seatrial.reference_server.standards.supervisor.settings import Override, SupervisorSettings
from seatrial.reference_server.standards.supervisor.telling import Level

PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def render(command: Sequence[str], settings: SupervisorSettings, program: str = "app") -> str:
    """Return the text of the file."""
    sections: dict[str, dict[str, str]] = {
        "supervisord": {
            "nodaemon": "true",
            "loglevel": level_word(settings.log_level),
            "logfile": "/dev/null",
            "pidfile": f"/tmp/supervisord-{program}.pid",  # noqa: S108 - the public name of the file
        },
        f"program:{program}": {
            "command": " ".join(map(quote, command)),
            "autostart": "true",
            "autorestart": str(settings.restart).lower(),
            "startretries": str(settings.retries),
            "startsecs": f"{settings.start_seconds:g}",
            "stopsignal": settings.stop_signal.name.removeprefix("SIG"),
            "stopwaitsecs": f"{settings.stop_seconds:g}",
            "stopasgroup": "true",
            "killasgroup": "true",
            "stdout_logfile": "/dev/stdout",
            "stdout_logfile_maxbytes": "0",
            "stderr_logfile": "/dev/stderr",
            "stderr_logfile_maxbytes": "0",
        },
    }
    _lay_over(sections, settings.overrides)
    return "\n".join(_lines(sections))


def level_word(level: Level) -> str:
    """Return a level in supervisord's words."""
    return level.name.lower()


def quote(argument: str) -> str:
    """Return an argument as it must stand in the file."""
    if PLAIN.fullmatch(argument):
        return argument
    text = argument.replace("'", "'\"'\"'").replace("%", "%%")
    text = re.sub(r"(?<=\s)(?=[;#])", "''", text)
    return "'" + text.replace("\n", "''\n\t''") + "'"


def _lay_over(sections: dict[str, dict[str, str]], overrides: Iterable[Override]) -> None:
    for entry in overrides:
        sections.setdefault(entry.section, {})[entry.key] = entry.value


def _lines(sections: dict[str, dict[str, str]]) -> Iterable[str]:
    for name, keys in sections.items():
        yield f"[{name}]"
        yield from (f"{key} = {value}" for key, value in keys.items())
        yield ""
