"""The customer's script and the handlers that variables name, as one environment describes them.

CustomerCode             what the rest of this package uses
SageMakerFunctionLoader  the same questions in the words of the public package
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from seatrial.reference_server.standards import environment, loading
from seatrial.reference_server.standards.environment import FastAPIEnvVars
from seatrial.reference_server.standards.loading import FunctionLoader
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.registry import Handler
from seatrial.reference_server.standards.spec import HandlerSpec, parse_handler_spec

if TYPE_CHECKING:
    from types import ModuleType

# `model:name` means the customer's script, whatever it is called.
SCRIPT_ALIAS = "model"


class CustomerCode:
    """The code that an environment names.

    Args:
        environ: the variables, those of this process by default.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = environ
        self.loader = function_loader(environ)
        self.script: ModuleType | None = None

    def load_script(self) -> None:
        """Import the customer's script, if there is one.

        Raises:
            Exception: whatever the script raises.
        """
        loading.make_importable(environment.model_path(self.environ))
        path = environment.script_path(self.environ)
        if path is None:
            logger.info("there is no script %r", environment.script_filename(self.environ))
            return
        self.script = self.loader.load_module_from_file(str(path))
        logger.info("imported the script %s", path)

    def handler_of(self, variable: str) -> Handler | None:
        """Return the function that a variable names, None where it names none.

        Raises:
            HandlerResolutionError: it names code that cannot be found or called.
            Exception: whatever that code raises when it is imported.
        """
        spec = parse_handler_spec(environment.value_of(variable, self.environ))
        if spec is None:
            return None
        if not spec.is_function:
            logger.error("%s is %r and is ignored, expected file.py:name or package.module:name", variable, spec.spec)
            return None
        return self.loader.load_function(spec.spec)


def function_loader(environ: Mapping[str, str] | None = None) -> FunctionLoader:
    """Return a loader that knows the model directory and the name of the customer's script."""
    script = environment.script_filename(environ).strip()
    return FunctionLoader([str(environment.model_path(environ))], {SCRIPT_ALIAS: script} if script else {})


class SageMakerFunctionLoader:
    """What variables name, asked class-wide as scripts and tests do."""

    _default_function_loader: ClassVar[FunctionLoader | None] = None

    @classmethod
    def get_function_loader(cls) -> FunctionLoader:
        """Return the loader of this process."""
        if cls._default_function_loader is None:
            cls._default_function_loader = function_loader()
        return cls._default_function_loader

    @classmethod
    def get_custom_script_filename(cls, default_script: str | None = None) -> str:
        """Return the name of the customer's script, or a default where the variable is not set."""
        variables = {environment.SageMakerEnvVars.CUSTOM_SCRIPT_FILENAME: default_script} if default_script else {}
        return environment.script_filename({**variables, **environment.current()})

    @classmethod
    def load_function_from_spec(cls, spec: str, custom_script_path: str | None = None) -> Handler:
        """Return the function that a specification names; `model:` may stand for another script."""
        loader = FunctionLoader([], {SCRIPT_ALIAS: custom_script_path}) if custom_script_path else function_loader()
        return loader.load_function(spec)

    @classmethod
    def get_ping_handler_from_env(cls, custom_script_path: str | None = None) -> Handler | None:
        """Return the handler of `/ping` that the variable names."""
        return cls._from_environment(FastAPIEnvVars.CUSTOM_FASTAPI_PING_HANDLER, custom_script_path)

    @classmethod
    def get_invocation_handler_from_env(cls, custom_script_path: str | None = None) -> Handler | None:
        """Return the handler of `/invocations` that the variable names."""
        return cls._from_environment(FastAPIEnvVars.CUSTOM_FASTAPI_INVOCATION_HANDLER, custom_script_path)

    @classmethod
    def get_ping_handler_spec(cls) -> HandlerSpec | None:
        """Return what the variable says about `/ping`."""
        return parse_handler_spec(environment.value_of(FastAPIEnvVars.CUSTOM_FASTAPI_PING_HANDLER))

    @classmethod
    def get_invocation_handler_spec(cls) -> HandlerSpec | None:
        """Return what the variable says about `/invocations`."""
        return parse_handler_spec(environment.value_of(FastAPIEnvVars.CUSTOM_FASTAPI_INVOCATION_HANDLER))

    @classmethod
    def _from_environment(cls, variable: str, custom_script_path: str | None) -> Handler | None:
        if custom_script_path is None:
            return CustomerCode().handler_of(variable)
        value = environment.value_of(variable)
        return cls.load_function_from_spec(value, custom_script_path) if value else None
