"""What can go wrong with a customer's code; each message is one sentence.

HandlerResolutionError
+-- InvalidHandlerSpecError     a variable does not name code
+-- HandlerNotFoundError        the file or module has no such name
+-- HandlerNotCallableError     the name is no function
+-- ModuleLoadError             the module cannot be imported
+-- HandlerFileNotFoundError    there is no such file
MiddlewareError
+-- MiddlewareRegistrationError
+-- MiddlewareNotFoundError
+-- MiddlewareConfigurationError
+-- FormatterRegistrationError
CustomerCodeError               a server of ours must not start
"""

from collections.abc import Sequence


class HandlerResolutionError(Exception):
    """A handler cannot be found or used."""


class InvalidHandlerSpecError(HandlerResolutionError):
    """A specification is not `file.py:name` or `package.module:name`."""

    def __init__(self, spec: str, reason: str) -> None:
        super().__init__(f"{spec!r} names no code: {reason}")
        self.spec = spec
        self.reason = reason


class HandlerNotFoundError(HandlerResolutionError):
    """A file or module was imported and does not define the name."""

    def __init__(self, spec: str, source: str) -> None:
        super().__init__(f"{spec!r} is not defined in {source}: define it there or correct the name")
        self.spec = spec
        self.source = source


class HandlerNotCallableError(HandlerResolutionError):
    """A name exists and is no function."""

    def __init__(self, spec: str, handler_type: str) -> None:
        super().__init__(f"{spec!r} is {handler_type}, expected a function: name one that can be called")
        self.spec = spec
        self.handler_type = handler_type


class ModuleLoadError(HandlerResolutionError):
    """A module cannot be imported."""

    def __init__(self, module_path: str, reason: str) -> None:
        super().__init__(f"the module {module_path!r} cannot be imported: {reason}")
        self.module_path = module_path
        self.reason = reason


class HandlerFileNotFoundError(HandlerResolutionError):
    """There is no such file."""

    def __init__(self, file_path: str, search_paths: Sequence[str]) -> None:
        places = ", ".join(search_paths) or "the root directory"
        super().__init__(f"the file {file_path!r} does not exist in {places}: add it or correct the path")
        self.file_path = file_path
        self.search_paths = list(search_paths)


class MiddlewareError(Exception):
    """A middleware cannot be registered or used."""


class MiddlewareRegistrationError(MiddlewareError):
    """A middleware is registered under an unknown name, or twice."""


class MiddlewareNotFoundError(MiddlewareError):
    """There is no such middleware."""


class MiddlewareConfigurationError(MiddlewareError):
    """A variable names a middleware that cannot be loaded."""


class FormatterRegistrationError(MiddlewareError):
    """A second input or output formatter is registered."""


class CustomerCodeError(Exception):
    """The customer's code cannot be used, so the server must not start."""
