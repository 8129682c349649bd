"""Signed and routed requests from several machines: keys that travel, and credentials that do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.routed_workers import routing, working
from support.sagemaker_runtime import sagemaker_runtime

from seatrial.loadgen.assemble import assemble
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.options import build_parser, read_plan
from seatrial.loadgen.spread.conduct import conduct
from seatrial.loadgen.spread.errand import draw, errands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.loadgen.assemble import Assembled
    from seatrial.loadgen.spread.crew import Crew

HERE, THERE = ("AKIDHERE", "secret/of+here="), ("AKIDTHERE", "secret/of+there=")


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those of the test; the instance's metadata is never asked."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")


@pytest.fixture
def body(tmp_path: Path) -> str:
    file = tmp_path / "body.json"
    file.write_text('{"a": 1}')
    return str(file)


def put_together(*words: str) -> Assembled:
    options = build_parser().parse_args(words)
    return assemble(options, read_plan(options, "loadgen"), {"SEATRIAL_API_KEY": "k"})


def identity(pair: tuple[str, str]) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": pair[0], "AWS_SECRET_ACCESS_KEY": pair[1]}


def test_each_machine_signs_with_its_own_credentials(
    gathered: Callable[..., tuple[Crew, object]], body: str, monkeypatch: pytest.MonkeyPatch
):
    with sagemaker_runtime({HERE[0]: (HERE[1], ""), THERE[0]: (THERE[1], "")}) as runtime:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", runtime.url)
        for name, value in identity(HERE).items():
            monkeypatch.setenv(name, value)
        job = put_together("-n", "10", "-rps", "50", "--body", body, "-e", "sagemaker://e?variant=v")
        crew, _ = gathered(2, (identity(HERE), identity(THERE)))
        observed = conduct(crew, job.recipe, job.job.plan, lambda _: False)
        assert (observed.records.fault == Fault.NONE).all()
        # One call was made from here, before the run.
        signed = [call.headers["authorization"].partition("Credential=")[2].partition("/")[0] for call in runtime.calls]
        assert (signed[1:].count(HERE[0]), signed[1:].count(THERE[0])) == (5, 5)
        shared, own = errands(job.recipe, job.job.plan, draw(job.recipe, job.job.plan.load), 2)
        assert HERE[1].encode() not in b"".join([shared, *own])


def test_a_machine_without_credentials_says_so_before_the_load(
    gathered: Callable[..., tuple[Crew, object]], body: str, monkeypatch: pytest.MonkeyPatch
):
    with sagemaker_runtime({HERE[0]: (HERE[1], "")}) as runtime:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", runtime.url)
        with monkeypatch.context() as here:
            for name, value in identity(HERE).items():
                here.setenv(name, value)
            job = put_together("-n", "10", "-rps", "50", "--body", body, "-e", "sagemaker://e")
        crew, _ = gathered(2)
        with pytest.raises(Exception, match=r"the worker .*credentials"):
            conduct(crew, job.recipe, job.job.plan, lambda _: False)
        assert len(runtime.calls) == 1, "the one before the run"


def test_routed_requests_take_both_steps_from_every_machine(crew: Crew, body: str):
    with routing({"llm": "k"}) as router, working() as worker:
        router.workers.append(worker.url)
        words = ("--router", router.url, "--path", "/generate", "--body", body)
        job = put_together("-n", "8", "-rps", "40", *words, "-e", "llm")
        observed = conduct(crew, job.recipe, job.job.plan, lambda _: False)
        assert (observed.records.fault == Fault.NONE).all()
        assert len(worker.calls) == 1 + 8
