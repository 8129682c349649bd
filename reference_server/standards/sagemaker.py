"""What customers and engines import as `model_hosting_container_standards.sagemaker`.

The decorators of adapters and sessions are imported when they are asked for.
"""

import importlib
from typing import Any

from seatrial.reference_server.standards.bootstrap import bootstrap
from seatrial.reference_server.standards.customer_code import SageMakerFunctionLoader
from seatrial.reference_server.standards.environment import (
    SAGEMAKER_ENV_CONFIG,
    SageMakerDefaults,
    SageMakerEnvVars,
)
from seatrial.reference_server.standards.handlers import override_handler, register_handler
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.resolution import INVOKE, PING
from seatrial.reference_server.standards.routes import RouteConfig

__all__ = [  # noqa: F822 - `__getattr__` below defines the names of adapters and sessions
    "SAGEMAKER_ENV_CONFIG",
    "RouteConfig",
    "SageMakerDefaults",
    "SageMakerEnvVars",
    "SageMakerFunctionLoader",
    "bootstrap",
    "custom_invocation_handler",
    "custom_ping_handler",
    "inject_adapter_id",
    "logger",
    "override_handler",
    "register_close_session_handler",
    "register_create_session_handler",
    "register_handler",
    "register_invocation_handler",
    "register_load_adapter_handler",
    "register_ping_handler",
    "register_unload_adapter_handler",
    "stateful_session_manager",
]

register_ping_handler = register_handler(PING)
register_invocation_handler = register_handler(INVOKE)
custom_ping_handler = override_handler(PING)
custom_invocation_handler = override_handler(INVOKE)

# Names of this module that other modules define.
ELSEWHERE = {
    "inject_adapter_id": "adapters",
    "register_load_adapter_handler": "adapters",
    "register_unload_adapter_handler": "adapters",
    "LoRAHandlerType": "adapters",
    "SageMakerLoRAApiHeader": "adapters",
    "AppendOperation": "adapters",
    "stateful_session_manager": "sessions",
    "register_create_session_handler": "sessions",
    "register_close_session_handler": "sessions",
    "SageMakerSessionHeader": "sessions",
    "create_lora_transform_decorator": "adapters",
    "create_sagemaker_router": "routing",
    "create_session_transform_decorator": "public.session_transform",
    "register_sagemaker_overrides": "public.sagemaker_resolver",
    "safe_include_router": "routing",
}


def __getattr__(name: str) -> Any:
    """Import a decorator of adapters or sessions."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__package__}.{ELSEWHERE[name]}"), name)
