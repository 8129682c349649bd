"""The variables by which a customer chooses code, their defaults, and the paths that follow from them.

The four public tables are what scripts and tests import from `common.fastapi.config` and `sagemaker.config`.
"""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final


class FastAPIEnvVars:
    """Names of the variables that choose handlers and middleware."""

    CUSTOM_FASTAPI_PING_HANDLER: Final = "CUSTOM_FASTAPI_PING_HANDLER"
    CUSTOM_FASTAPI_INVOCATION_HANDLER: Final = "CUSTOM_FASTAPI_INVOCATION_HANDLER"
    CUSTOM_PRE_PROCESS: Final = "CUSTOM_PRE_PROCESS"
    CUSTOM_POST_PROCESS: Final = "CUSTOM_POST_PROCESS"
    CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE: Final = "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE"
    CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS: Final = "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"


class SageMakerEnvVars:
    """Names of the variables that say where the customer's script is."""

    CUSTOM_SCRIPT_FILENAME: Final = "CUSTOM_SCRIPT_FILENAME"
    SAGEMAKER_MODEL_PATH: Final = "SAGEMAKER_MODEL_PATH"


class SageMakerDefaults:
    """Where the customer's script is when nothing is said."""

    SCRIPT_FILENAME: Final = "model.py"
    SCRIPT_PATH: Final = "/opt/ml/model/"


# Each value is a specification as `spec.py` reads it.
FASTAPI_ENV_CONFIG: Final[dict[str, dict[str, Any]]] = {
    FastAPIEnvVars.CUSTOM_FASTAPI_PING_HANDLER: {
        "default": None,
        "description": "the function that answers GET /ping",
    },
    FastAPIEnvVars.CUSTOM_FASTAPI_INVOCATION_HANDLER: {
        "default": None,
        "description": "the function that answers POST /invocations",
    },
    FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE: {
        "default": None,
        "description": "the outermost middleware: a function of request and call_next, or an ASGI class",
    },
    FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS: {
        "default": None,
        "description": "the innermost middleware: a function of request and call_next, or an ASGI class",
    },
    FastAPIEnvVars.CUSTOM_PRE_PROCESS: {
        "default": None,
        "description": "the function that sees each request before the handler",
    },
    FastAPIEnvVars.CUSTOM_POST_PROCESS: {
        "default": None,
        "description": "the function that sees each response after the handler",
    },
}
SAGEMAKER_ENV_CONFIG: Final[dict[str, dict[str, Any]]] = {
    SageMakerEnvVars.CUSTOM_SCRIPT_FILENAME: {
        "default": SageMakerDefaults.SCRIPT_FILENAME,
        "description": "the customer's script, relative to the model directory or absolute",
    },
    SageMakerEnvVars.SAGEMAKER_MODEL_PATH: {
        "default": SageMakerDefaults.SCRIPT_PATH,
        "description": "the model directory",
    },
}

CODE_VARIABLES: Final = tuple(FASTAPI_ENV_CONFIG)


def model_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return the model directory; an empty variable means the working directory."""
    return Path(current(environ).get(SageMakerEnvVars.SAGEMAKER_MODEL_PATH, SageMakerDefaults.SCRIPT_PATH))


def script_filename(environ: Mapping[str, str] | None = None) -> str:
    """Return the name of the customer's script as it was given; empty means that there is none."""
    return current(environ).get(SageMakerEnvVars.CUSTOM_SCRIPT_FILENAME, SageMakerDefaults.SCRIPT_FILENAME)


def script_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the file of the customer's script, None where there is none."""
    name = script_filename(environ).strip()
    path = model_path(environ) / name
    return path if name and path.is_file() else None


def value_of(variable: str, environ: Mapping[str, str] | None = None) -> str:
    """Return a variable without the blanks around it; empty where it is not set."""
    return current(environ).get(variable, "").strip()


def has_customer_code(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a script or a variable brings code of a customer."""
    return script_path(environ) is not None or any(value_of(variable, environ) for variable in CODE_VARIABLES)


def current(environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the variables given, or those of this process."""
    return os.environ if environ is None else environ


def __getattr__(name: str) -> Any:
    """Give the configuration of sessions, which this module is asked for and another one holds."""
    if name in {"SageMakerConfig", "SAGEMAKER_ENV_VAR_PREFIX"}:
        return getattr(importlib.import_module(f"{__package__}.sessions.config"), name)  # it needs pydantic
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
