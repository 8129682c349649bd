"""Where settings come from, and which source wins.

1. the command line
2. this server's own variables
3. `serving.properties` in the model's folder
4. `OPTION_*` and `SERVING_*`
5. `SM_VLLM_*`
6. the default
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seatrial.reference_server import clock
from seatrial.reference_server.settings import properties
from seatrial.reference_server.settings.options import OPTIONS, Option, SettingError
from seatrial.reference_server.settings.values import Settings

ARGUMENTS = "engine_arguments"


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
    sources = _Sources(given, environment)
    values: dict[str, Any] = {
        option.field: _read(option, *found) for option in OPTIONS if (found := next(sources.of(option), None))
    }
    values[ARGUMENTS] = (*sources.others(), *values.get(ARGUMENTS, ()))
    return Settings(**values)


class _Sources:
    """Every source, asked for one option at a time."""

    def __init__(self, given: Mapping[str, str | None], environment: Mapping[str, str]) -> None:
        self._given = given
        self._environment = environment
        folder = self._folder()
        try:
            found = properties.of_file(folder)
        except OSError as error:
            raise SettingError(f"{folder / properties.FILE} cannot be read: {error.strerror}") from error
        self._file = {key: (f"{key} in {folder / properties.FILE}", text) for key, text in found.items()}
        self._variables = properties.of_variables(environment)
        self._vllm = properties.of_vllm(environment)

    def of(self, option: Option) -> Iterator[tuple[str, str]]:
        """Yield where an option was set and to what, the source that wins first."""
        text = self._given.get(option.field)
        if text is not None:
            yield option.flag, text
        if option.variable in self._environment:
            yield option.variable, self._environment[option.variable]
        for key, source in ((option.key, self._file), (option.key, self._variables), (option.argument, self._vllm)):
            if key and key in source:
                yield source[key]

    def others(self) -> Iterator[tuple[str, str]]:
        """Yield by name what is no option of this server, and may be one of an engine."""
        known = {option.key for option in OPTIONS} | {option.argument for option in OPTIONS}
        found = {name: text for name, (_, text) in self._vllm.items() if name not in known}
        for key, (_, text) in (self._variables | self._file).items():
            if key.startswith(properties.ENGINE) and key not in known:
                found[key.removeprefix(properties.ENGINE)] = text
        yield from found.items()

    def _folder(self) -> Path:
        """Return the folder of the model, as far as the first two sources say it."""
        named = {option.field: option for option in OPTIONS}
        texts = (
            self._given.get(name) or self._environment.get(named[name].variable) for name in ("model", "model_dir")
        )
        folders = [Path(text) for text in texts if text and Path(text).is_dir()]
        return folders[0] if folders else Settings.model_dir


def _read(option: Option, source: str, text: str) -> object:
    try:
        return option.read(text)
    except ValueError as error:
        raise SettingError(f"{source} is {text[:80]!r}, expected {error}: correct it or leave it out") from error
