"""Observations are read back by several threads at once: trials of a matrix, and scenarios of a trial."""

from __future__ import annotations

import subprocess
import sys

MANY_AT_ONCE = """
import dataclasses, sys, threading
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.subject.launcher import SubjectFacts

sys.setswitchinterval(1e-6)
facts = TrialFacts(subject=SubjectFacts("process", "server"))
seen = {f"x{j}": {f"a{k}": 1 for k in range(30)} for j in range(30)}
for number in range(40):
    inner = dataclasses.make_dataclass(f"Inner{number}", [(f"a{j}", int) for j in range(30)], frozen=True)
    outer = dataclasses.make_dataclass(f"Outer{number}", [(f"x{j}", inner | None) for j in range(30)], frozen=True)
    records = [Record(facts) for _ in range(8)]
    for record in records:
        record.add("boot", "main", seen)
    ready = threading.Barrier(len(records))

    def read(record):
        ready.wait()
        record.get("boot", outer)

    threads = [threading.Thread(target=read, args=(record,)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("read")
"""
"""In a process of its own: without care it ends by a segmentation fault, each time that it was tried."""


def test_a_type_that_several_threads_meet_first_does_not_end_the_process():
    done = subprocess.run([sys.executable, "-c", MANY_AT_ONCE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr
