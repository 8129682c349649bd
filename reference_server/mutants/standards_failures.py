"""Faults of starts that should fail: something else answers in the place of what is broken."""

import logging
import sys
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, change, change_method, part
from seatrial.reference_server.variants import mutant


@mutant(kills="failures.handler-target", reason="HANDLER_TARGET_IGNORED", layer="standards")
def falls_back_from_a_broken_ping_variable(package: ModuleType) -> ModuleType:
    """Take the next source where the variable of the ping handler names nothing."""
    return _lenient(package, "ping", None)


@mutant(kills="failures.handler-target", reason="FAILURE_UNEXPLAINED", layer="standards")
def ends_without_a_word(package: ModuleType) -> ModuleType:
    """End the start where a handler cannot be found, and do not say why."""
    errors = part(package, "exceptions")

    def make(real: Real) -> Real:
        def overrides(code: Any) -> Any:
            try:
                return real(code)
            except errors.HandlerResolutionError:
                raise SystemExit(1) from None

        return overrides

    return change(package, "resolution", "overrides", make)


@mutant(kills="failures.import-errors", reason="IMPORT_ERROR_SWALLOWED", layer="standards")
def serves_without_a_broken_script(package: ModuleType) -> ModuleType:
    """Log the error of a script, and serve the engine's default."""

    def make(real: Real) -> Real:
        def load_script(code: Any) -> None:
            try:
                real(code)
            except Exception:
                logging.getLogger("seatrial").exception("the script cannot be loaded")

        return load_script

    return change_method(package, "customer_code", "CustomerCode", "load_script", make)


@mutant(kills="failures.named-function", reason="NAMED_FUNCTION_IGNORED", layer="standards")
def ignores_a_name_that_cannot_be_called(package: ModuleType) -> ModuleType:
    """Take the engine's handler where the script holds a number under the reserved name."""
    errors = part(package, "exceptions")

    def make(real: Real) -> Real:
        def from_script(kind: str, script: Any) -> Any:
            try:
                return real(kind, script)
            except errors.HandlerNotCallableError:
                return None

        return from_script

    return change(package, "resolution", "from_script", make)


@mutant(kills="failures.whole-server", reason="HALF_STARTED", layer="standards")
def pings_well_without_an_inference_handler(package: ModuleType) -> ModuleType:
    """Start with an inference handler that cannot be found, and fail at each call."""

    async def missing() -> None:
        raise RuntimeError("the inference handler was not found")

    return _lenient(package, "invoke", missing)


@mutant(kills="failures.middleware-target", reason="MIDDLEWARE_TYPO_SILENT", layer="standards")
def passes_over_a_typo_in_silence(package: ModuleType) -> ModuleType:
    """Leave a layer out whose variable names nothing, and say nothing."""

    def make(real: Real) -> Real:
        def load_middleware(self: Any, name: str, function_loader: Any) -> None:
            logger = part(package, "logging_config").logger
            disabled, logger.disabled = logger.disabled, True
            try:
                real(self, name, function_loader)
            finally:
                logger.disabled = disabled
                self.errors.clear()

        return load_middleware

    return change_method(package, "middleware.environment", "MiddlewareEnvironmentLoader", "load_middleware", make)


@mutant(kills="failures.class-without-app", reason="CLASS_WITHOUT_APP_STARTED", layer="standards")
def leaves_out_a_class_that_takes_no_application(package: ModuleType) -> ModuleType:
    """Serve without a layer that cannot be built."""

    def make(real: Real) -> Real:
        def create(info: Any) -> Any:
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

        return create

    return change(package, "middleware.stack", "create_middleware_object", make)


def _lenient(package: ModuleType, lenient_kind: str, instead: Any) -> ModuleType:
    errors = part(package, "exceptions")

    def make(real: Real) -> Real:
        def from_environment(kind: str, code: Any) -> Any:
            try:
                return real(kind, code)
            except errors.HandlerResolutionError:
                if kind != lenient_kind:
                    raise
                return instead

        return from_environment

    return change(package, "resolution", "from_environment", make)
