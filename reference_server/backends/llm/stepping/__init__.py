"""What engines share that make one token for every row, over and over, in a thread of their own."""

from seatrial.reference_server.backends.llm.stepping.engine import SteppingEngine
from seatrial.reference_server.backends.llm.stepping.rows import ABORTED, Mailbox, Row, choose

__all__ = ["ABORTED", "Mailbox", "Row", "SteppingEngine", "choose"]
