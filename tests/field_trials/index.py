"""The first page of the field trials: `index.md` beside this file, with a table of what each server was found to be.

Pure: it renders values, and reads no file but that text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from field_trials.servers import HERE

from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from field_trials.published import Published, Trial
    from field_trials.servers import Server

__all__ = ["index"]

TABLE = "<!-- the table of results -->"


def index(servers: Iterable[Server], known: Mapping[str, Published]) -> str:
    """The page, Markdown.

    Args:
        servers: on trial.
        known: what is published, by the server's name.
    """
    text = (HERE / "index.md").read_text("utf-8")
    return text.replace(TABLE, "\n".join(_table(servers, known)))


def _table(servers: Iterable[Server], known: Mapping[str, Published]) -> Iterator[str]:
    yield "| server | as | grade | passed | broken MUST (FAIL) | broken SHOULD (WARN) |\n|---|---|---|---|---|---|"
    for server in servers:
        page, first = known[server.name], server.packages[0]
        name = f"[{server.title}]({server.name}.md), {first} {page.versions[first]}"
        for kind, trial in page.trials.items():
            passed = sum(finding.word is Word.PASS for finding in trial.verdicts.values())
            yield (
                f"| {name} | {kind} | *{trial.grade}* | {passed} | {_named(trial, Word.FAIL)}"
                f" | {_named(trial, Word.WARN)} |"
            )


def _named(trial: Trial, word: Word) -> str:
    found = [f"`{clause}`" for clause, finding in trial.verdicts.items() if finding.word is word]
    return ", ".join(found) or "none"
