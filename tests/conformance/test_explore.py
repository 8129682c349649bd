"""What Hypothesis keeps beside its database does not end up in the folder that a trial was started from."""

import subprocess
import sys
from pathlib import Path

INVENTED = """
from hypothesis import strategies as st
from seatrial.conformance.explore import invent
invent(st.text(), lambda _: None, examples=5, seed=1)
"""


def test_inventing_leaves_nothing_in_the_users_folder(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", INVENTED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
