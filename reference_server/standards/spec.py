"""What a variable may say: `file.py:name`, `/abs/file.py:name`, `package.module:name`, `model:name`, or a path.

Reading is all that happens here; nothing is imported.
"""

import re

from seatrial.reference_server.standards.exceptions import InvalidHandlerSpecError


class HandlerSpec:
    """One specification, taken apart; one that is malformed is neither a function nor the path of a route.

    Args:
        spec: the value of a variable; blanks around it are dropped.
    """

    FUNCTION_SPEC_PATTERN = r"^([^\s:]+):([^\s:]+)$"

    def __init__(self, spec: str) -> None:
        self.spec = spec.strip()
        self._match = re.match(self.FUNCTION_SPEC_PATTERN, self.spec)

    @property
    def is_router_path(self) -> bool:
        """Whether this is the path of a route, like `/health`."""
        return self.spec.startswith("/") and ":" not in self.spec

    @property
    def is_function(self) -> bool:
        """Whether this names code."""
        return self._match is not None

    is_callable = is_function

    @property
    def is_file_function(self) -> bool:
        """Whether the code is in a file named by its path."""
        return self.is_function and self._source.endswith(".py")

    @property
    def is_module_function(self) -> bool:
        """Whether the code is in a module named as `import` names it."""
        return self.is_function and not self.is_file_function

    @property
    def is_class_method(self) -> bool:
        """Whether the name has the form `Class.method`."""
        return "." in self._name

    @property
    def module_name(self) -> str | None:
        """The module, None for a file."""
        return self._source if self.is_module_function else None

    @property
    def file_path(self) -> str | None:
        """The file, None for a module."""
        return self._source if self.is_file_function else None

    @property
    def function_name(self) -> str | None:
        """The name in the file or module, with the class where there is one."""
        return self._name or None

    @property
    def class_name(self) -> str | None:
        """The class of `Class.method`."""
        return self._name.rpartition(".")[0] or None

    @property
    def method_name(self) -> str | None:
        """The method of `Class.method`."""
        return self._name.rpartition(".")[2] if self.is_class_method else None

    @property
    def router_path(self) -> str | None:
        """The path of a route, None for code."""
        return self.spec if self.is_router_path else None

    def __str__(self) -> str:
        return self.spec

    def __repr__(self) -> str:
        return f"HandlerSpec({self.spec!r})"

    def is_valid_function_spec(self) -> bool:
        """Return whether this names code."""
        return self.is_function

    def validate_function_spec(self) -> tuple[str, str]:
        """Return the file or module, and the name in it.

        Raises:
            InvalidHandlerSpecError: this is no code.
        """
        if not self.is_function:
            raise InvalidHandlerSpecError(self.spec, "expected file.py:name or package.module:name")
        return self._source, self._name

    @property
    def _source(self) -> str:
        return self._match[1] if self._match else ""

    @property
    def _name(self) -> str:
        return self._match[2] if self._match else ""


def parse_handler_spec(spec_string: str | None) -> HandlerSpec | None:
    """Return a specification, None where nothing is said."""
    return HandlerSpec(spec_string) if spec_string and spec_string.strip() else None
