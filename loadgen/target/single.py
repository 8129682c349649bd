"""What all traffic has in common whose requests are one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.loadgen.fault import Fault
    from seatrial.loadgen.traffic import Step

__all__ = ["SingleStep"]


class SingleStep:
    """The half of `Traffic` in which a single step has nothing to do."""

    steps = 1

    def begin(self) -> None:
        """All is made before the run."""

    def follow(self, row: int, payload: int, status: int, body: bytes) -> Step | Fault:  # noqa: ARG002 - the protocol's
        """Never called, as `steps` is 1."""
        raise RuntimeError("a request of one step has no next one")
