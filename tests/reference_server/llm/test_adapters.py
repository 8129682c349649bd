"""Adapters of a language model that come and go over HTTP."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.serving import Server, until

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER

ALPHA, BETA = (str(SAMPLE_FOLDER / "adapters" / name) for name in ("alpha", "beta"))
SKY = {"prompt": "The colour of the sky is"}
HEADER = "X-Amzn-SageMaker-Adapter-Identifier"
ROOM = ("--max-loras", "4")


@pytest.fixture
def server(start_llm: Callable[..., Server]) -> Server:
    return start_llm(*ROOM)


def load(server: Server, name: str, src: str) -> httpx.Response:
    return server.request("POST", "/adapters", json={"name": name, "src": src})


def unload(server: Server, name: str) -> httpx.Response:
    return server.request("DELETE", f"/adapters/{name}")


def ask(server: Server, adapter: str = "", **fields: Any) -> httpx.Response:
    headers = {HEADER: adapter} if adapter else {}
    return server.request("POST", "/invocations", json=SKY | fields, headers=headers)


def said(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    text: str = response.json()["choices"][0]["text"]
    return text


def detail(response: httpx.Response) -> str:
    text: str = response.json()["detail"]
    return text


def test_an_adapter_answers_from_its_load_to_its_unload(server: Server):
    assert load(server, "mine", ALPHA).text == "Adapter mine registered"
    assert (said(ask(server, "mine")), said(ask(server))) == (" alpha.", " blue.")
    assert "mine" in [card["id"] for card in server.request("GET", "/v1/models").json()["data"]]
    assert {"name": "mine", "src": ALPHA} in server.request("GET", "/adapters").json()["adapters"]
    assert unload(server, "mine").text == "Adapter mine unregistered"
    gone = ask(server, "mine")
    assert gone.status_code == 404
    assert "'mine'" in gone.json()["error"]["message"]
    assert unload(server, "mine").status_code == 404
    assert said(ask(server)) == " blue."


def test_a_load_may_stand_in_the_query(server: Server):
    response = server.request("POST", "/adapters", params={"name": "mine", "src": BETA})
    assert (response.status_code, response.text) == (200, "Adapter mine registered")
    assert said(ask(server, "mine")) == " beta."


def test_the_header_wins_and_the_body_counts_without_it(server: Server):
    assert said(ask(server, "alpha", model="beta")) == " alpha."
    assert said(ask(server, model="beta")) == " beta."
    assert ask(server, model="nobody").status_code == 404


def test_a_name_is_loaded_once(server: Server):
    load(server, "mine", ALPHA)
    again = load(server, "mine", BETA)
    assert (again.status_code, detail(again)) == (400, "the name 'mine' is taken: unload that adapter first")
    assert load(server, "sample-llm", ALPHA).status_code == 400
    assert said(ask(server, "mine")) == " alpha."


def test_a_name_may_come_back_with_other_weights(server: Server):
    for src, answer in ((ALPHA, " alpha."), (BETA, " beta.")):
        load(server, "mine", src)
        assert said(ask(server, "mine")) == answer
        unload(server, "mine")


def test_no_more_are_loaded_than_may_be(server: Server):
    for name in ("one", "two"):
        load(server, name, ALPHA)
    full = load(server, "three", ALPHA)
    assert full.status_code == 507
    assert detail(full) == "4 adapters are loaded, as many as --max-loras allows: unload one first"
    unload(server, "one")
    assert load(server, "three", ALPHA).status_code == 200


@pytest.mark.parametrize(
    ("src", "status", "words"),
    [
        ("/no/such/folder", 404, "there is no folder '/no/such/folder'"),
        ("adapters/gamma", 404, "there is no folder 'adapters/gamma'"),
        ("../../../etc", 400, "leads out of the model's folder"),
        ("s3://bucket/adapter", 400, "nothing is downloaded here"),
        (f"{ALPHA}/adapter_config.json", 404, "there is no folder"),
        ("adapters", 400, "has no adapter_config.json with adapter_model.safetensors"),
        ("a\0b", 400, "zero byte"),
        ("x" * 5000, 404, "there is no folder"),
    ],
)
def test_a_source_that_is_none_is_refused_in_one_sentence(llm: Server, src: str, status: int, words: str):
    refused = load(llm, "mine", src)
    assert (refused.status_code, words in detail(refused)) == (status, True), detail(refused)
    assert ask(llm, "mine").status_code == 404


def test_pickled_weights_are_never_read(llm: Server, tmp_path: Path):
    shutil.copy(Path(ALPHA, "adapter_config.json"), tmp_path)
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04.")
    refused = load(llm, "mine", str(tmp_path))
    assert (refused.status_code, "save them as adapter_model.safetensors" in detail(refused)) == (400, True)


def test_damaged_weights_are_refused(llm: Server, tmp_path: Path):
    folder = shutil.copytree(ALPHA, tmp_path / "damaged")
    weights = folder / "adapter_model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:1000])
    refused = load(llm, "mine", str(folder))
    assert (refused.status_code, "cannot be used" in detail(refused)) == (400, True)


def test_answers_that_have_begun_end_with_their_adapter(start_llm: Callable[..., Server]):
    server = start_llm("--token-interval", "20", *ROOM)
    load(server, "mine", ALPHA)
    fields = {"max_tokens": 40, "ignore_eos": True}
    expected = said(ask(server, "mine", **fields))
    with ThreadPoolExecutor(4) as callers:
        answers = [callers.submit(ask, server, "mine", **fields) for _ in range(4)]
        until(lambda: server.calls("running") == 4, "four answers under way")
        assert unload(server, "mine").status_code == 200
        assert ask(server, "mine").status_code == 404
        assert {said(answer.result()) for answer in answers} == {expected}


def test_one_name_that_many_want_at_once_is_given_once(server: Server):
    with ThreadPoolExecutor(8) as callers:
        for _ in range(5):
            loads = list(callers.map(lambda _: load(server, "mine", ALPHA).status_code, range(8)))
            assert sorted(loads) == [200] + [400] * 7
            unloads = list(callers.map(lambda _: unload(server, "mine").status_code, range(8)))
            assert sorted(unloads) == [200] + [404] * 7


def test_adapters_beside_the_model_are_loaded_once_under_a_customers_code_as_well(
    start_llm: Callable[..., Server], tmp_path: Path
):
    shutil.copytree(SAMPLE_FOLDER, tmp_path / "model")
    server = start_llm("--model-dir", str(tmp_path / "model"), SAGEMAKER_ENABLE_STATEFUL_SESSIONS="true")
    assert [entry["name"] for entry in server.request("GET", "/adapters").json()["adapters"]] == ["alpha", "beta"]
    assert said(ask(server, "alpha", model="beta")) == " alpha."
