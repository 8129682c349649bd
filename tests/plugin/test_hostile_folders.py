"""A folder's own pytest configuration does not reach into a trial."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.berth import CONTRACT, SERVER, Berth

PYTEST = str(Path(sys.executable).with_name("pytest"))
HOSTILE = {
    "usefixtures": {"pytest.ini": "[pytest]\nusefixtures = a_fixture_that_nobody_has\n"},
    "filter in addopts": {"pytest.ini": "[pytest]\naddopts = -k nothing -x -n auto --no-such-option\n"},
    "files of its own": {
        "pytest.ini": "[pytest]\npython_files = *.py\ntestpaths = tests\nnorecursedirs = *\n",
        "tests/check.py": "def test_own():\n    assert False\n",
    },
    "item filter": {"conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n"},
    "broken conftest": {"conftest.py": "raise RuntimeError('this conftest cannot be imported')\n"},
    "conftest that leaves": {"conftest.py": "import pytest\npytest.exit('this conftest wants to leave', 3)\n"},
    "packages with our names": {
        "conformance/__init__.py": "raise RuntimeError('not mine')\n",
        "reports/__init__.py": "raise RuntimeError('not mine')\n",
        "suites/__init__.py": "raise RuntimeError('not mine')\n",
        "docker/__init__.py": "raise RuntimeError('not mine')\n",
        "h11.py": "raise RuntimeError('not mine')\n",
    },
    "environment": {},
}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        *((kind, "--process") for kind in HOSTILE),
        *((kind, "--trial-process") for kind in HOSTILE if "conftest" in kind),
    ],
)
def test_a_hostile_folder_does_not_disturb_a_trial(berth: Berth, kind: str, word: str) -> None:
    for name, text in HOSTILE[kind].items():
        berth.write(name, text)
    if kind == "environment":
        berth.env.update(PYTEST_ADDOPTS="-k nothing", PYTEST_XDIST_WORKER="gw9")
    ended = berth.run(PYTEST, word, SERVER, *CONTRACT, "-k", "answers")
    assert (ended.code, [*ended.words()]) == (0, ["ping.answers-200", "echo.answers"]), ended.err
    assert "not mine" not in ended.out + ended.err
