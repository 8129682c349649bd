"""Where settings come from, and which source wins: the command line, then the environment, then the default."""

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.reference_server import clock
from seatrial.reference_server.settings.options import OPTIONS, Option, SettingError
from seatrial.reference_server.settings.values import Settings


def load(given: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Fill the settings.

    Args:
        given: texts from the command line by field name, None where nothing was said.
        environment: the environment variables; those that are no option are passed over.

    Raises:
        SettingError: a text cannot be used.
    """
    try:
        clock.scale()
    except ValueError as error:
        raise SettingError(str(error)) from error
    values: dict[str, Any] = dict(_chosen(given, environment))
    return Settings(**values)


def _chosen(given: Mapping[str, str | None], environment: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    for option in OPTIONS:
        text = given.get(option.field)
        if text is not None:
            yield option.field, _read(option, option.flag, text)
        elif option.variable in environment:
            yield option.field, _read(option, option.variable, environment[option.variable])


def _read(option: Option, source: str, text: str) -> object:
    try:
        return option.read(text)
    except ValueError as error:
        raise SettingError(f"{source} is {text[:80]!r}, expected {error}: correct it or leave it out") from error
