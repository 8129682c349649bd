"""Why other weights answer than were asked for, on servers that do so."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.samples import Sample
from seatrial.conformance.subject.launcher import Offer
from seatrial.conformance.verdict import Word
from seatrial.reference_server.backends.choice import SAMPLE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

SERVER = f"{shlex.quote(sys.executable)} -m seatrial.reference_server serve --model sample-llm --port {{port}}"
OFFER = Offer(adapters=tuple((name, str(SAMPLE_FOLDER / "adapters" / name)) for name in ("alpha", "beta")))
PROMPT = Sample("prompt.json", "application/json", b'{"prompt": "The colour of the sky is"}', given=True)
SELECTED, UNKNOWN, MODEL = CLAUSES = "lora.selected-by-header", "lora.unknown-refused", "lora.model-in-body"

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("mutant", "cause", "says", "clauses"),
    [
        ("ignores-the-adapter-header", "adapter-served-by-base", "only `model` in the body", (SELECTED,)),
        ("serves-the-base-model-to-all", "adapter-served-by-base", "no request reaches an adapter", (SELECTED, MODEL)),
        ("falls-back-to-the-base-model", "unknown-adapter-served", "not loaded is silently served", (UNKNOWN,)),
        ("ignores-the-model-of-a-body", "model-in-body-ignored", "`model` in the body of /invocations", (MODEL,)),
    ],
)
def test_the_cause_is_named(mutant: str, cause: str, says: str, clauses: tuple[str, ...], tmp_path: Path):
    options = TrialOptions(
        process=f"{SERVER} --mutant {mutant}", profiles=("adapters",), offer=OFFER, samples=(PROMPT,), report=tmp_path
    )
    result = trial(options, CLAUSES)
    (found,) = result.diagnoses
    assert (found.id, found.proven, found.clauses) == (cause, True, clauses)
    assert says in found.cause
    assert "blue." in found.proof
    assert {v.clause for v in (*result.of(Word.FAIL), *result.of(Word.WARN))} == set(clauses)
