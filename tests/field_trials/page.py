"""The page of one server: what its trials found, each finding beside the note of whoever checked it by hand.

Pure: it renders values, and reads no file but the server's own sources and notes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.conformance.verdict import Untested, Word
from seatrial.reports.digest import digest
from seatrial.reports.markdown import code
from seatrial.reports.repro import curl_of
from seatrial.reports.words import LABEL, counts, one_line, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from field_trials.published import Published
    from field_trials.servers import Server

    from seatrial.conformance.result import TrialResult
    from seatrial.conformance.verdict import Verdict

__all__ = ["notes_of", "page", "what_notes_lack"]

BROKEN = (Word.FAIL, Word.WARN)
INTRODUCTION = ""
ADDRESS = re.compile(r"http://[\d.]+:\d+")
LONGEST_TEXT, LONGEST_CURL = 400, 700
NO_NOTE = "*Not yet checked by hand.*"


def notes_of(server: Server) -> dict[str, str]:
    """The hand-written notes by clause id; what stands before the first heading has the empty id."""
    parts = re.split(r"^## (\S+)\n", server.notes.read_text("utf-8"), flags=re.MULTILINE)
    notes = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    return {INTRODUCTION: parts[0].strip(), **notes}


def what_notes_lack(server: Server, known: Published) -> list[str]:
    """Findings that nobody checked by hand, and notes on what is no finding any more; a sentence each."""
    noted, broken = set(notes_of(server)) - {INTRODUCTION}, known.broken()
    where = f"tests/field_trials/{server.name}/notes.md"
    bare, stale = sorted(broken - noted), sorted(noted - broken)
    return [
        *(f"{where}: {clause} is broken and has no note; check it by hand and write one" for clause in bare),
        *(f"{where}: {clause} has a note and is not broken; remove the note" for clause in stale),
    ]


def page(server: Server, known: Published, results: Mapping[str, TrialResult]) -> str:
    """The page, Markdown.

    Args:
        server: on trial.
        known: what is published.
        results: of its trials, by kind.
    """
    return "\n".join(_lines(server, known, results)) + "\n"


def _lines(server: Server, known: Published, results: Mapping[str, TrialResult]) -> Iterator[str]:
    notes = notes_of(server)
    yield f"# {server.title}\n\n{server.about.strip()}\n"
    if notes[INTRODUCTION]:
        yield f"{notes[INTRODUCTION]}\n"
    yield "| as | grade | clauses | on | evidence |\n|---|---|---|---|---|"
    for kind, result in results.items():
        archive = f"[{server.name}-{kind}.zip]({server.name}-{kind}.zip)"
        yield f"| {kind} | *{result.grade}* | {counts(result)} | {known.trials[kind].date} | {archive} |"
    yield ""
    for kind, result in results.items():
        yield f"As {kind}: {sentence(result)}\n"
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in known.versions.items())}."
    yield f"Tried on {' and '.join(sorted({t.machine for t in known.trials.values()}))}.\n"
    yield from _findings(results, notes)
    yield from _gaps(results)
    yield from _sources(server)
    yield from _table(results)


def _findings(results: Mapping[str, TrialResult], notes: Mapping[str, str]) -> Iterator[str]:
    clauses = dict.fromkeys(v.clause for word in BROKEN for result in results.values() for v in result.of(word))
    yield "## What is broken\n"
    if not clauses:
        yield "Nothing.\n"
    for clause in clauses:
        found = {kind: _verdict(result, clause) for kind, result in results.items()}
        level = next(verdict.level for verdict in found.values() if verdict)
        yield f"### `{clause}`\n"
        some = next(iter(results.values())).clause(clause)
        yield f"{level}: {some.text} ([the clause](../reference/clauses.md#{clause.replace('.', '-')}))\n"
        for kind, verdict in found.items():
            if verdict:
                yield from _seen(results[kind], kind, verdict)
        yield f"\n**Checked by hand.** {notes.get(clause) or NO_NOTE}\n"


def _seen(result: TrialResult, kind: str, verdict: Verdict) -> Iterator[str]:
    if verdict.word not in BROKEN:
        said = f": {code(verdict.observed, LONGEST_TEXT)}" if verdict.observed else ""
        yield f"- as {kind}: {verdict.word.value.replace('_', ' ')}{said}"
        return
    wanted, seen = code(verdict.expected, LONGEST_TEXT), code(verdict.observed, LONGEST_TEXT)
    yield f"- as {kind}: **{verdict.word.value}**, expected {wanted}, observed {seen}"
    if verdict.proof:
        line = ADDRESS.sub("http://127.0.0.1:8080", curl_of(result, verdict, verdict.proof[-1]))
        yield f"    - {code(line, LONGEST_CURL)}"
    for cause in result.diagnoses:
        if verdict.clause in cause.clauses:
            proof = f"{'proven' if cause.proven else 'likely'}: {code(cause.proof, LONGEST_TEXT)}"
            yield f"    - cause: {code(cause.cause, LONGEST_TEXT)}, {proof}"
            yield f"    - cure: {code(cause.cure, LONGEST_TEXT)}"


def _gaps(results: Mapping[str, TrialResult]) -> Iterator[str]:
    yield "## What was not judged\n"
    for kind, result in results.items():
        story = digest(result)
        for title, gaps in (("missing input", story.missing), ("behind something broken", story.blocked),
                            ("out of reach", story.out_of_reach)):  # fmt: skip
            for gap in gaps:
                names = ", ".join(f"`{verdict.clause}`" for verdict in gap.verdicts)
                option = f" ({code(gap.option)})" if gap.option else ""
                yield f"- as {kind}, {title}: {one_line(gap.why, LONGEST_TEXT)}{option}: {names}"
    yield ""


def _sources(server: Server) -> Iterator[str]:
    yield "## How it was started\n"
    yield f"As process: {code(server.process)}\n"
    for name in server.files:
        language = {".py": "python", "": "docker" if name == "Dockerfile" else "sh"}[_suffix(name)]
        yield f"`{name}`:\n\n```{language}\n{_source(server, name).read_text('utf-8').strip()}\n```\n"


def _source(server: Server, name: str) -> Path:
    own = server.folder / name
    return own if own.exists() else server.source / name


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}" if "." in name else ""


def _table(results: Mapping[str, TrialResult]) -> Iterator[str]:
    yield "## Every clause\n"
    yield f"| clause | level | {' | '.join(results)} |\n|---|---|{'---|' * len(results)}"
    for clause in next(iter(results.values())).clauses:
        words = (_word(_verdict(result, clause.id)) for result in results.values())
        yield f"| `{clause.id}` | {clause.level} | {' | '.join(words)} |"


def _verdict(result: TrialResult, clause: str) -> Verdict | None:
    return next((v for v in result.verdicts if v.clause == clause), None)


def _word(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    if verdict.word in BROKEN:
        return f"**{verdict.word.value}**"
    return "out of reach" if verdict.untested is Untested.OUT_OF_REACH else LABEL[verdict.word]
