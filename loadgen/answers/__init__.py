"""What came back: whether it is right, and where its tokens are. All of it after the run.

    Answer ─→ reader ─┬─→ streams ─→ tokens ─→ Reading (fault, example, stamps, counts)
                      │   (events    (which events carry text, what the usage
                      │   and when)   says, whether the end is there)
                      └─→ checks (JSON paths, expected answers)

Statuses are the engine's: `fault_of_status` and `faults_of_statuses` say what it makes of each.
"""

from seatrial.loadgen.answers.checks import Checks
from seatrial.loadgen.answers.reader import AnswerReader
from seatrial.loadgen.answers.status import fault_of_status, faults_of_statuses

__all__ = ["AnswerReader", "Checks", "fault_of_status", "faults_of_statuses"]
