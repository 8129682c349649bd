"""Imports every module of scenarios, which registers them. The order here is the order of driving."""

from seatrial.suites.streaming.scenarios import crowd, refusals, runs, stop

__all__ = ["crowd", "refusals", "runs", "stop"]
