"""Which errors are the user's to mend, and which are the engine's: each is told in one sentence, without a traceback.

Exception
├── OptionError      an option or a file that it names
├── SubjectError     the subject: no such image, port in use
├── CatalogueError   no such profile, or a catalogue that contradicts itself
├── EvidenceError    evidence that cannot be read
└── EngineError      the Docker engine does not answer, or failed
"""

from __future__ import annotations

from seatrial.conformance.contract import CatalogueError
from seatrial.conformance.evidence import EvidenceError
from seatrial.conformance.options import OptionError
from seatrial.conformance.subject.launcher import EngineError, SubjectError

__all__ = ["ENGINE_FAILURES", "USER_MISTAKES"]

USER_MISTAKES: tuple[type[Exception], ...] = (OptionError, SubjectError, CatalogueError, EvidenceError)
"""Exit code 4."""

ENGINE_FAILURES: tuple[type[Exception], ...] = (EngineError,)
"""Exit code 12."""
