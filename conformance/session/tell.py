"""Tells reporters what happens. A reporter may be a stranger's: its crash stops neither the trial nor the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.conformance.events import ReportError

if TYPE_CHECKING:
    import pytest

__all__ = ["Teller"]


class Teller:
    """Calls the hooks of `seatrial.conformance.events`, each reporter by itself.

    Args:
        config: of the session, passed to every hook.

    Attributes:
        failures: one sentence for each thing that went wrong while telling, none twice.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.failures: dict[str, None] = {}

    def tell(self, hook: str, **values: Any) -> None:
        """Call one hook with its values."""
        given = {**values, "config": self._config}
        for reporter in reversed(getattr(self._config.hook, hook).get_hookimpls()):
            try:
                reporter.function(**{name: given[name] for name in reporter.argnames})
            except (ReportError, OSError) as error:
                self.failures[str(error)] = None
            except Exception as error:  # noqa: BLE001  whatever a reporter raises must not hide the verdicts
                name = reporter.plugin_name
                self.failures[f"the reporter {name} failed in {hook}: {type(error).__name__}: {error}"] = None
