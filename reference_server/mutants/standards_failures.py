"""Faults of starts that should fail: something else answers in the place of what is broken."""

import logging
import sys
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, part
from seatrial.reference_server.variants import mutant


@mutant(kills="failures.handler-target", reason="HANDLER_TARGET_IGNORED", layer="standards")
def falls_back_from_a_broken_ping_variable(package: ModuleType) -> ModuleType:
    """Take the next source where the variable of the ping handler names nothing."""
    return _lenient(package, "ping", None)


@mutant(kills="failures.handler-target", reason="FAILURE_UNEXPLAINED", layer="standards")
def ends_without_a_word(package: ModuleType) -> ModuleType:
    """End the start where a handler cannot be found, and do not say why."""
    errors = part(package, "exceptions")

    def overrides(real: Real, code: Any) -> Any:
        try:
            return real(code)
        except errors.HandlerResolutionError:
            raise SystemExit(1) from None

    return around(package, "resolution", "overrides", overrides)


@mutant(kills="failures.import-errors", reason="IMPORT_ERROR_SWALLOWED", layer="standards")
def serves_without_a_broken_script(package: ModuleType) -> ModuleType:
    """Log the error of a script, and serve the engine's default."""

    def load_script(real: Real, code: Any) -> None:
        try:
            real(code)
        except Exception:
            logging.getLogger("seatrial").exception("the script cannot be loaded")

    return around(package, "customer_code", "CustomerCode.load_script", load_script)


@mutant(kills="failures.named-function", reason="NAMED_FUNCTION_IGNORED", layer="standards")
def ignores_a_name_that_cannot_be_called(package: ModuleType) -> ModuleType:
    """Take the engine's handler where the script holds a number under the reserved name."""
    errors = part(package, "exceptions")

    def from_script(real: Real, kind: str, script: Any) -> Any:
        try:
            return real(kind, script)
        except errors.HandlerNotCallableError:
            return None

    return around(package, "resolution", "from_script", from_script)


@mutant(kills="failures.whole-server", reason="HALF_STARTED", layer="standards")
def pings_well_without_an_inference_handler(package: ModuleType) -> ModuleType:
    """Start with an inference handler that cannot be found, and fail at each call."""

    async def missing() -> None:
        raise RuntimeError("the inference handler was not found")

    return _lenient(package, "invoke", missing)


@mutant(kills="failures.middleware-target", reason="MIDDLEWARE_TYPO_SILENT", layer="standards")
def passes_over_a_typo_in_silence(package: ModuleType) -> ModuleType:
    """Leave a layer out whose variable names nothing, and say nothing."""

    def load_middleware(real: Real, self: Any, name: str, function_loader: Any) -> None:
        logger = part(package, "logging_config").logger
        disabled, logger.disabled = logger.disabled, True
        try:
            real(self, name, function_loader)
        finally:
            logger.disabled = disabled
            self.errors.clear()

    return around(package, "middleware.environment", "MiddlewareEnvironmentLoader.load_middleware", load_middleware)


@mutant(kills="failures.class-without-app", reason="CLASS_WITHOUT_APP_STARTED", layer="standards")
def leaves_out_a_class_that_takes_no_application(package: ModuleType) -> ModuleType:
    """Serve without a layer that cannot be built."""

    def create(real: Real, info: Any) -> Any:
        layer = real(info)
        cls, *_ = layer

        def build(app: Any, **options: Any) -> Any:
            try:
                return cls(app, **options)
            except TypeError as error:
                sys.stderr.write(f"a layer is left out: {error}\n")
                return app

        layer.cls = build
        return layer

    return around(package, "middleware.stack", "create_middleware_object", create)


def _lenient(package: ModuleType, lenient_kind: str, instead: Any) -> ModuleType:
    errors = part(package, "exceptions")

    def from_environment(real: Real, kind: str, code: Any) -> Any:
        try:
            return real(kind, code)
        except errors.HandlerResolutionError:
            if kind != lenient_kind:
                raise
            return instead

    return around(package, "resolution", "from_environment", from_environment)
