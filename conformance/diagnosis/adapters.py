"""Causes of answers by other weights than were asked for: nothing fails, and nobody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut
from seatrial.conformance.diagnosis.cause import Cause

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case
    from seatrial.conformance.verdict import Verdict

__all__ = ["RULES"]

HEADER = "X-Amzn-SageMaker-Adapter-Identifier"
SELECTED, UNKNOWN, MODEL = "lora.selected-by-header", "lora.unknown-refused", "lora.model-in-body"


def served_by_base(case: Case) -> Cause | None:
    """An adapter is loaded and named, and the base model answers."""
    verdict = _broken_by(case, SELECTED, "served-by-base")
    if verdict is None:
        return None
    by_model = bool(verdict.proof) and verdict.proof[0].request.header(HEADER) is None
    return Cause(
        "adapter-served-by-base",
        f"adapter silently served by the base model: /invocations does not read {HEADER}"
        f"{', only `model` in the body' if by_model else ', and no request reaches an adapter'}",
        cut(verdict.observed, 400),
        "write the header's value into `model` before the engine reads the body, as inject_adapter_id('model') of"
        " model-hosting-container-standards does"
        if by_model
        else "give the header's value to the engine with each request, and refuse a name that is not loaded",
        (SELECTED,) if by_model else (SELECTED, UNKNOWN, MODEL),
    )


def stranger_served(case: Case) -> Cause | None:
    """A name that nobody loaded is answered by the base model."""
    verdict = _broken_by(case, UNKNOWN, "unknown-served")
    if verdict is None:
        return None
    return Cause(
        "unknown-adapter-served",
        "an adapter that is not loaded is silently served by the base model: after a failed load or an unload, callers"
        " get other weights and no error",
        cut(verdict.observed, 400),
        "look the name up before the request is queued, and answer 404 with it",
        (UNKNOWN,),
    )


def model_ignored(case: Case) -> Cause | None:
    """`model` in the body is passed over on `/invocations`."""
    verdict = _broken_by(case, MODEL, "model-ignored")
    if verdict is None:
        return None
    return Cause(
        "model-in-body-ignored",
        "`model` in the body of /invocations is ignored: without the header the base model answers, whatever adapter"
        " the body names",
        cut(verdict.observed, 400),
        "resolve `model` on /invocations as on /v1/chat/completions, or refuse a name that is not the base model's;"
        f" until then callers must name the adapter in {HEADER}",
        (MODEL,),
    )


def _broken_by(case: Case, clause: str, reason: str) -> Verdict | None:
    verdict = case.broken.get(clause)
    return verdict if verdict is not None and verdict.reason == reason else None


RULES = (served_by_base, stranger_served, model_ignored)
