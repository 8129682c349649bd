"""What the plugin costs a run that is no trial: which modules it brings along."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.berth import Berth

LISTING = """
import sys

def pytest_unconfigure():
    print("loaded:", *sorted(sys.modules))
"""


def loaded(berth: Berth, *words: str) -> set[str]:
    """The modules that are loaded at the end of an ordinary run."""
    berth.write("listing.py", LISTING)
    berth.write("test_own.py", "def test_own():\n    pass\n")
    berth.env.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONPATH=str(berth.folder))
    ended = berth.run(sys.executable, "-m", "pytest", "-p", "listing", *words)
    assert ended.code == 0, ended.err
    line = next(line for line in ended.out.splitlines() if line.startswith("loaded:"))
    return set(line.split()[1:])


def test_an_ordinary_run_loads_the_plugin_and_nothing_else(berth: Berth) -> None:
    with_plugin, without = loaded(berth, "-p", "seatrial.conformance.plugin"), loaded(berth)
    assert with_plugin - without == {"seatrial", "seatrial.conformance", "seatrial.conformance.plugin"}
