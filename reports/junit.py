"""`junit.xml`: one test case a clause, for build servers.

PASS, WARN and OBSERVED are passed cases, FAIL is a failure, NOT_APPLICABLE and UNTESTED are skipped with the reason,
HARNESS_ERROR is an error. Clause, level, verdict and reason stand as properties.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from seatrial.conformance.verdict import Verdict, Word
from seatrial.reports.digest import digest
from seatrial.reports.repro import curl_of, ids_of, replay_ids
from seatrial.reports.words import area, one_line, printable

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult
    from seatrial.reports.digest import Failure

__all__ = ["junit_xml"]


def junit_xml(result: TrialResult) -> bytes:
    """The trial as JUnit XML."""
    skipped = result.count(Word.UNTESTED) + result.count(Word.NOT_APPLICABLE)
    numbers = {
        "tests": len(result.verdicts),
        "failures": result.count(Word.FAIL) + (result.count(Word.WARN) if result.strict else 0),
        "errors": result.count(Word.HARNESS_ERROR),
        "skipped": skipped,
    }
    attributes = {**{k: str(v) for k, v in numbers.items()}, "time": f"{result.breakdown.total:.3f}"}
    root = ET.Element("testsuites", {"name": "seatrial", **attributes})
    suite = ET.SubElement(
        root, "testsuite", {"name": _text(result.facts.subject.name), "timestamp": result.facts.started, **attributes}
    )
    _properties(suite, (("grade", result.grade), ("digest", result.facts.subject.digest)))
    causes, ids = _causes(result), replay_ids(result)
    for verdict in result.verdicts:
        suite.append(_case(verdict, _body(result, verdict, causes.get(verdict.clause), ids), strict=result.strict))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _causes(result: TrialResult) -> dict[str, Failure]:
    story = digest(result)
    return {v.clause: f for f in (*story.failures, *story.warnings) for v in (f.verdict, *f.also)}


def _case(verdict: Verdict, body: str, *, strict: bool) -> ET.Element:
    case = ET.Element(
        "testcase", {"name": verdict.clause, "classname": f"{verdict.profile}.{area(verdict.clause)}", "time": "0"}
    )
    known = (
        ("clause", verdict.clause),
        ("level", verdict.level),
        ("verdict", verdict.word),
        ("reason", verdict.reason),
    )
    _properties(case, known)
    if verdict.word is Word.FAIL or (verdict.word is Word.WARN and strict):
        child = ET.SubElement(case, "failure", {"type": verdict.reason or "broken", "message": _text(_broken(verdict))})
        child.text = body
    elif verdict.word is Word.HARNESS_ERROR:
        message = verdict.observed.strip().rpartition("\n")[2]
        ET.SubElement(case, "error", {"type": "harness", "message": _text(message)}).text = printable(verdict.observed)
    elif verdict.word in {Word.UNTESTED, Word.NOT_APPLICABLE}:
        ET.SubElement(case, "skipped", {"type": verdict.untested or "not-applicable", "message": _text(_why(verdict))})
    elif verdict.word is Word.WARN:
        ET.SubElement(case, "system-out").text = body
    return case


def _broken(verdict: Verdict) -> str:
    return f"expected {verdict.expected}, observed: {verdict.observed}"


def _why(verdict: Verdict) -> str:
    kind = f"UNTESTED ({verdict.untested})" if verdict.untested else "NOT APPLICABLE"
    mend = f"; mend with {verdict.option}" if verdict.option else ""
    return f"{kind}: {verdict.observed}{mend}"


def _body(result: TrialResult, verdict: Verdict, failure: Failure | None, ids: dict[tuple[str, str], str]) -> str:
    """What a person needs of a broken clause; empty for any other."""
    if verdict.word not in {Word.FAIL, Word.WARN}:
        return ""
    lines = [_broken(verdict)]
    if failure and failure.diagnosis:
        lines.append(f"cause: {failure.diagnosis.cause} ({failure.diagnosis.proof})")
    if failure and failure.cure:
        lines.append(f"cure: {failure.cure}")
    lines += [f"repro: {curl_of(result, verdict, exchange)}" for exchange in verdict.proof[-1:]]
    lines += [f"repro: seatrial replay {name}" for name in ids_of(verdict, ids)[:1]]
    return printable("\n".join(lines))


def _properties(parent: ET.Element, pairs: tuple[tuple[str, str], ...]) -> None:
    box = ET.SubElement(parent, "properties")
    for name, value in pairs:
        if value:
            ET.SubElement(box, "property", {"name": name, "value": _text(str(value))})


def _text(value: str) -> str:
    return one_line(value, 2000)
