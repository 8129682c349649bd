"""What a server must offer so that adapters can be loaded into it, and how it says that one cannot."""

from collections.abc import Mapping
from typing import Protocol


class AdapterError(Exception):
    """An adapter cannot be loaded or unloaded.

    Args:
        status: what the caller is told: 400 for one that cannot be used, 404 for one that is not there, ...
        message: one sentence.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class AdapterEngine(Protocol):
    """A server that takes adapters."""

    async def load(self, name: str, src: str, *, preload: bool, pin: bool) -> None:
        """Load an adapter.

        Raises:
            AdapterError: it cannot be loaded.
        """

    async def unload(self, name: str) -> None:
        """Unload an adapter.

        Raises:
            AdapterError: it is not loaded, or cannot be unloaded.
        """

    def loaded(self) -> Mapping[str, str]:
        """Return what is loaded: from names to sources."""
