"""An image is measured as the platform starts it, and the report of its trial shows the benchmark apart."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from subjects import build_faults
from support.benches import QUICK, bench, document
from support.berth import Berth

from seatrial.reference_server.images import build

if TYPE_CHECKING:
    from support.berth import Ended

VERDICTS = ("result.json", "junit.xml", "badge.svg")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Berth:
    """A folder with the report of a small trial of an image, as it was in `before`, and with its benchmark since."""
    yard = Berth.at(tmp_path_factory.mktemp("image"))
    image = build_faults()
    tried = yard.run_module("certify", image, "--report", "report", "-k", "ping.answers-200")
    assert tried.code == 0, tried.err + tried.out
    (yard.folder / "before").mkdir()
    for each in (yard.folder / "report").iterdir():
        if each.is_file():
            (yard.folder / "before" / each.name).write_bytes(each.read_bytes())
    ended = bench(yard, image, *QUICK, "--report", "report", "--price-per-hour", "1.5")
    assert ended.code == 0, ended.err
    return yard


def page(yard: Berth, name: str, folder: str = "report") -> str:
    return (yard.folder / folder / name).read_text("utf-8")


def test_its_container_is_measured_and_gone(yard: Berth) -> None:
    result = document(yard, "report/performance.json")
    assert (result["kind"], result["digest"][:7]) == ("image", "sha256:")
    for step in result["steps"]:
        assert step["figures"]["requests_per_second"] > 0
        assert step["figures"]["per_million_requests"] > 0
        assert step["usage"]["memory_peak_bytes"] > 2**20
        assert step["usage"]["cpus_mean"] > 0
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"ancestor={result['digest']}"]
    left = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    address = result["steps"][0]["load"]["facts"]["target"].split("/")[2].split(":")[0]
    inspect = ["docker", "inspect", *left]
    running = json.loads(subprocess.run(inspect, capture_output=True, check=True).stdout) if left else []
    networks = [network for each in running for network in each["NetworkSettings"]["Networks"].values()]
    assert address not in {network["IPAddress"] for network in networks}


def test_the_trials_page_and_summary_show_it_apart(yard: Berth) -> None:
    for name, apart in (("report.html", "it changes no grade"), ("summary.md", "changes no grade")):
        assert apart not in page(yard, name, "before")
        assert apart in page(yard, name)
        assert "4 at a time" not in page(yard, name)
        assert "2 at a time" in page(yard, name)
    assert 'href="performance.html"' in page(yard, "report.html")


def test_no_verdict_changes(yard: Berth) -> None:
    for name in VERDICTS:
        assert page(yard, name) == page(yard, name, "before")


def test_a_trial_of_the_same_image_keeps_it_and_of_another_subject_does_not(yard: Berth) -> None:
    again = yard.run_module("certify", build_faults(), "--report", "report", "-k", "ping.answers-200")
    assert again.code == 0, again.err
    assert "it changes no grade" in page(yard, "report.html")
    other = yard.certify("--report", "report")
    assert other.code == 0, other.err
    assert "it changes no grade" not in page(yard, "report.html")


def test_the_reference_image_is_sent_the_requests_that_it_brings(berth: Berth) -> None:
    assert build.main([]) == 0
    ended: Ended = bench(berth, "seatrial-reference:latest", *QUICK, "--json", "out.json")
    assert ended.code == 0, ended.err
    result = document(berth)
    assert "well-known" not in ended.err
    assert all(step["figures"]["errors"] == 0 for step in result["steps"])
    assert "csv" in result["payload"]["words"] or "json" in result["payload"]["words"]
    assert ".json (" in result["payload"]["words"] or ".csv (" in result["payload"]["words"]


def test_an_engine_that_does_not_answer_is_told_with_12(berth: Berth) -> None:
    berth.env["DOCKER_HOST"] = f"unix://{Path(os.devnull).parent}/no-such-engine.sock"
    ended = bench(berth, "any-image:latest", *QUICK)
    assert (ended.code, ended.out) == (12, "")
    assert "Traceback" not in ended.err
