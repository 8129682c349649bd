"""Who answers `/ping` and `/invocations`: `sagemaker.handler_resolver`."""

from collections.abc import Mapping

from seatrial.reference_server.standards import registry
from seatrial.reference_server.standards.customer_code import CustomerCode, SageMakerFunctionLoader
from seatrial.reference_server.standards.exceptions import HandlerFileNotFoundError, HandlerNotFoundError
from seatrial.reference_server.standards.public.resolver import GenericHandlerResolver, HandlerConfig
from seatrial.reference_server.standards.registry import Handler
from seatrial.reference_server.standards.resolution import FUNCTIONS, KINDS, VARIABLES


class SageMakerHandlerConfig(HandlerConfig):
    """The variables and the names of functions that the platform's customers know."""

    HANDLER_TYPE_TO_FUNCTION_NAME: Mapping[str, str] = FUNCTIONS

    def get_env_handler(self, handler_type: str) -> Handler | None:
        """Return the handler that a variable names."""
        variable = VARIABLES.get(handler_type)
        return CustomerCode().handler_of(variable) if variable else None

    def get_customer_script_handler(self, handler_type: str) -> Handler | None:
        """Return the function of the script that has the one name that counts."""
        name = self.HANDLER_TYPE_TO_FUNCTION_NAME.get(handler_type)
        if name is None:
            return None
        try:
            return SageMakerFunctionLoader.load_function_from_spec(f"model:{name}")
        except (HandlerFileNotFoundError, HandlerNotFoundError):
            return None


class SageMakerHandlerResolver(GenericHandlerResolver):
    """Asks the platform's sources."""

    def __init__(self) -> None:
        super().__init__(SageMakerHandlerConfig())


def register_sagemaker_overrides() -> None:
    """Serve what customers override, where they do."""
    resolver = SageMakerHandlerResolver()
    for kind in KINDS:
        handler = resolver.resolve_handler(kind)
        if handler is not None:
            registry.handler_registry.set_handler(kind, handler)
