"""The settings of a supervisor and its configuration file: `supervisor.models` and `supervisor.generator`."""

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from seatrial.reference_server.standards.supervisor import ini, settings
from seatrial.reference_server.standards.supervisor.settings import Override, SupervisorSettings
from seatrial.reference_server.standards.supervisor.settings import SettingsError as ConfigurationError

__all__ = [
    "LOG_LEVEL",
    "PROCESS_AUTO_RECOVERY",
    "PROCESS_MAX_START_RETRIES",
    "SUPERVISOR_CONFIG_PATH",
    "ConfigurationError",
    "SupervisorConfig",
    "generate_supervisord_config",
    "parse_environment_variables",
    "write_supervisord_config",
]

PROCESS_AUTO_RECOVERY: Final = "PROCESS_AUTO_RECOVERY"
PROCESS_MAX_START_RETRIES: Final = "PROCESS_MAX_START_RETRIES"
LOG_LEVEL: Final = "LOG_LEVEL"
SUPERVISOR_CONFIG_PATH: Final = settings.CONFIG_PATH


@dataclass
class SupervisorConfig:
    """How a command is watched.

    Args:
        auto_recovery: whether it is started again when it ends.
        max_start_retries: starts after the first one that may fail in a row.
        config_path: where the configuration is written down.
        log_level: in supervisord's words.
        custom_sections: keys of supervisord by their sections.
    """

    auto_recovery: bool = True
    max_start_retries: int = 3
    config_path: str = str(settings.DEFAULT_CONFIG)
    log_level: str = "info"
    custom_sections: dict[str, dict[str, str]] = field(default_factory=dict)


def parse_environment_variables() -> SupervisorConfig:
    """Read the variables of this process.

    Raises:
        ConfigurationError: one of them cannot be used.
    """
    read = settings.load(os.environ)
    sections: dict[str, dict[str, str]] = {}
    for entry in read.overrides:
        sections.setdefault(entry.section, {})[entry.key] = entry.value
    return SupervisorConfig(
        settings.is_supervised(os.environ),
        read.retries,
        str(read.config_path),
        ini.level_word(read.log_level),
        sections,
    )


def generate_supervisord_config(config: SupervisorConfig, launch_command: str, program_name: str = "app") -> str:
    """Return the text of the configuration file.

    Args:
        config: how the command is watched.
        launch_command: as a shell would read it.
        program_name: the program's section.

    Raises:
        ValueError: the command or the name is empty.
        ConfigurationError: the level is none, or the command has a quote that is never closed.
    """
    for what, text in (("program name", program_name), ("launch command", launch_command)):
        if not text or not text.strip():
            raise ValueError(f"the {what} cannot be empty")
    try:
        command = shlex.split(launch_command)
    except ValueError as error:
        raise ConfigurationError(f"the command is {launch_command[:200]!r}: {error}") from error
    return ini.render(command, _settings(config), program_name)


def write_supervisord_config(
    config_path: str, config: SupervisorConfig, launch_command: str, program_name: str = "app"
) -> None:
    """Write the configuration file, and the folders above it.

    Raises:
        ValueError, ConfigurationError: see `generate_supervisord_config`.
        OSError: it cannot be written.
    """
    text = generate_supervisord_config(config, launch_command, program_name)
    path = Path(config_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _settings(config: SupervisorConfig) -> SupervisorSettings:
    overrides = tuple(
        Override("", section, key, value)
        for section, keys in config.custom_sections.items()
        for key, value in keys.items()
    )
    return SupervisorSettings(
        retries=config.max_start_retries,
        restart=config.auto_recovery,
        log_level=settings.level(config.log_level),
        overrides=overrides,
    )
