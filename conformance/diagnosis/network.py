"""Causes that lie in the trial's own conditions: no network where the server wants one, no model where it wants one.

Both are legal on the platform, so they never break a clause: they leave clauses untested, with the option that mends
it. Only a container that claims to need no network at all breaks a clause when it does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.conformance.boot import BootEnd
from seatrial.conformance.diagnosis.autopsy import AS_PLATFORM
from seatrial.conformance.diagnosis.case import cut, find_line
from seatrial.conformance.diagnosis.cause import Cause

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["EXCUSES", "RULES"]

ISOLATION = "isolation.starts-without-network"
ID = "network-needed-at-start"
BAKE = "put what it downloads into the image or the model directory"

NETWORK = re.compile(
    r"name resolution|name or service not known|getaddrinfo|could not resolve|nodename nor servname|no such host"
    r"|\b(?:enotfound|eai_again|enetunreach|ehostunreach|etimedout|connecttimeout\w*)\b|i/o timeout"
    r"|network is (?:unreachable|down)|no route to host|max retries exceeded|failed to establish a new connection"
    r"|connection to \S+ timed out|connect(?:ion)?(?: attempt)? timed ?out|timeouterror: timed out|urlopen error"
    r"|couldn't connect to|could not connect to the endpoint url",
    re.IGNORECASE,
)
NO_MODEL = re.compile(
    r"(?:no such file|not found|does not exist|cannot find|can't open|missing|no model).{0,200}/opt/ml/model"
    r"|/opt/ml/model\S*.{0,60}(?:no such file|not found|does not exist|is (?:missing|empty))",
    re.IGNORECASE,
)


def network_needed(case: Case) -> Cause | None:
    """It wants the network to start, and the trial gives it none."""
    boot, facts = case.failed_boot, case.facts
    if boot is None or facts.network or facts.subject.kind != "image" or _serves(case):
        return None
    line = find_line(NETWORK, case.tail)
    calling = boot.autopsy.outgoing if boot.autopsy and boot.state.running else None
    if not line and not calling:
        return None
    seen = [f"log of the start: {line}" if line else "", f"it calls {cut(', '.join(calling))}" if calling else ""]
    return Cause(
        ID,
        "it needs the network to start, and a trial gives none; the platform allows this unless isolation is on",
        "; ".join(part for part in (*seen, "no route out of its network") if part),
        f"judge it with --trial-network bridge, or {BAKE}",
        (*case.broken_by_boot, ISOLATION),
        option="--trial-network bridge",
    )


def isolated(case: Case) -> Cause | None:
    """With a network it becomes ready, without one it does not, and it claims to need none."""
    if ISOLATION not in case.broken or case.boot is None or not case.boot.ready:
        return None
    return Cause(
        ID,
        "it needs the network to start, although it claims to run isolated",
        f"with the network {case.facts.network or 'of the trial'}: 200 after {case.boot.ready_at or 0:.1f} s;"
        f" without one: {case.broken[ISOLATION].observed}",
        f"{BAKE}, and forbid downloads (HF_HUB_OFFLINE=1)",
        (ISOLATION,),
    )


def model_needed(case: Case) -> Cause | None:
    """It wants a model, and the trial was given none."""
    boot, facts = case.failed_boot, case.facts
    if boot is None or "model-dir" in facts.inputs or facts.subject.kind != "image" or _serves(case):
        return None
    line = find_line(NO_MODEL, case.tail)
    if not line:
        return None
    return Cause(
        "model-needed-at-start",
        "it needs a model in /opt/ml/model to start, and this trial was given none",
        f"nothing is mounted at /opt/ml/model; log of the start: {line}",
        "name the folder that the platform would unpack there: --trial-model-dir DIR",
        case.broken_by_boot,
        option="--trial-model-dir DIR",
    )


def _serves(case: Case) -> bool:
    """Whether a server is up, so that what its log says is not what keeps it from starting."""
    boot = case.failed_boot
    answered = case.tried(AS_PLATFORM)
    return bool(
        boot
        and (boot.end is BootEnd.WRONG_BIND or case.listeners or (answered is not None and answered.answer is not None))
    )


EXCUSES = (network_needed, model_needed)
RULES = (isolated,)
