"""Launches with the script `probe.py`, shared by the scenarios of logging, start order, requirements and supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import LaunchSpec, RawRequest
from seatrial.suites.standards.scripts import script

if TYPE_CHECKING:
    from seatrial.conformance.api import Drive, Exchange

__all__ = ["deed", "header", "probe"]

CALL_TIMEOUT = 60.0


def probe(
    name: str,
    *env: tuple[str, str],
    script_name: str = "probe.py",
    trial_files: tuple[tuple[str, str], ...] = (),
    model_files: tuple[tuple[str, str], ...] = (),
) -> LaunchSpec:
    """A launch whose custom script is one of ours; its nonce is its name.

    Args:
        name: without the prefix of the profile.
        env: further variables.
        script_name: which script.
        trial_files: further files beside the script.
        model_files: files laid over the model directory.
    """
    name = f"standards-{name}"
    own = (("CUSTOM_SCRIPT_FILENAME", "{trial_files}/model.py"), ("SEATRIAL_NONCE", name))
    files = (("model.py", script(script_name)), *trial_files)
    return LaunchSpec(name, env=(*own, *env), trial_files=files, model_files=model_files)


def deed(drive: Drive, word: str, *, timeout: float = CALL_TIMEOUT) -> Exchange:
    """Ask the script's outermost layer to do something to its process, see `probe.py`."""
    request = RawRequest("GET", "/ping", headers=(("X-Seatrial-Do", word),))
    return drive.client.send(request, timeout=drive.seconds(timeout))


def header(exchange: Exchange, name: str) -> str:
    """A header of an answer; empty where there is none."""
    return (exchange.answer.header(name) or "") if exchange.answer else ""
