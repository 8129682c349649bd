"""What is published of the field trials is what their evidence says today, and every finding was checked by hand."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from field_trials.again import judged_again
from field_trials.index import index
from field_trials.page import page, what_notes_lack
from field_trials.published import INDEX, PAGES, differences, page_of, read_published, summary
from field_trials.servers import PROJECT, Server, servers
from field_trials.trial import Kind

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

ANEW = "to write it anew: PYTHONPATH=tests .venv/bin/python -m field_trials.run --pages"
BOTH = [pytest.param(server, id=server.name) for server in servers() if read_published(server).trials]


@pytest.fixture(scope="module", params=BOTH)
def tried(request: pytest.FixtureRequest) -> tuple[Server, dict[Kind, TrialResult]]:
    """A server, and its published evidence as it is judged today."""
    known = read_published(request.param).trials
    return request.param, {kind: judged_again(request.param, kind) for kind in Kind if kind in known}


def test_the_verdicts_are_those_of_the_suites_as_they_are_today(tried: tuple[Server, dict[Kind, TrialResult]]):
    server, results = tried
    known = read_published(server)
    found = {kind: differences(known.trials[kind], summary(result)) for kind, result in results.items()}
    assert found
    assert found == {kind: [] for kind in found}, ANEW


def test_the_page_is_the_one_that_is_written_today(tried: tuple[Server, dict[Kind, TrialResult]]):
    server, results = tried
    written = page(server, read_published(server), {str(kind): result for kind, result in results.items()})
    assert page_of(server).read_text("utf-8") == written, ANEW


def test_the_first_page_is_the_one_that_is_written_today():
    written = index(servers(), {server.name: read_published(server) for server in servers()})
    assert INDEX.read_text("utf-8") == written, ANEW


@pytest.mark.parametrize("server", BOTH)
def test_every_finding_was_checked_by_hand_and_nothing_else_has_a_note(server: Server):
    assert what_notes_lack(server, read_published(server)) == []


def test_nothing_published_names_the_machine_that_it_was_found_on():
    places = {str(PROJECT), str(Path(sys.base_prefix)), str(Path.home())} - {"/", "/usr"}
    texts = {path.name: path.read_text("utf-8") for path in PAGES.iterdir() if path.suffix != ".zip"}
    for path in PAGES.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            texts |= {name: archive.read(name).decode() for name in archive.namelist()}
    published = [known.trials for known in map(read_published, servers()) if known.trials]
    assert len(texts) == sum(2 + 2 * len(trials) for trials in published) + 1
    found = [(name, place) for name, text in texts.items() for place in places if place in text]
    assert found == []
