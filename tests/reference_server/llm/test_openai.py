"""OpenAI's own client is the judge: what it cannot parse is wrong."""

from collections.abc import Callable

import openai
import pytest
from support.serving import Server


@pytest.fixture(scope="module")
def client(llm: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{llm.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True)


def test_it_reads_a_chat(client: openai.OpenAI):
    answer = client.chat.completions.create(
        model="", messages=[{"role": "user", "content": "What colour is the sky?"}], logprobs=True, top_logprobs=1
    )
    assert answer.choices[0].message.content == "blue."
    assert answer.choices[0].logprobs.content[0].top_logprobs[0].token == "blue"  # noqa: S105 - a token of text
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_it_reads_a_streamed_chat(client: openai.OpenAI):
    stream = client.chat.completions.create(
        model="alpha",
        messages=[{"role": "user", "content": "Count from 19"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "19 20 alpha."
    assert last.usage.completion_tokens == 5


def test_it_reads_a_completion_and_a_streamed_one(client: openai.OpenAI):
    lenient = client.with_options(_extra_kwargs={"_strict_response_validation": False})
    whole = client.completions.create(model="beta", prompt="The colour of the sky is", logprobs=2)
    assert whole.choices[0].text == " beta."
    # Strictly its type has no null for what has not ended yet, though OpenAI's own streams hold it.
    stream = lenient.completions.create(model="beta", prompt="The colour of the sky is", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == " beta."


def test_it_lists_the_models(client: openai.OpenAI):
    assert [card.id for card in client.models.list()] == ["sample-llm", "alpha", "beta"]


def test_it_raises_its_own_errors(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError, match="nobody"):
        client.completions.create(model="nobody", prompt="x")
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.completions.create(model="", prompt="x", temperature=1000)


@pytest.mark.parametrize(
    ("method", "content", "media", "status", "code"),
    [
        ("GET", b"", "application/json", 405, "method_not_allowed"),
        ("POST", b"{}", "text/csv", 415, "unsupported_media_type"),
        ("POST", b"{}", "no type", 415, "unsupported_media_type"),
        ("POST", b"{", "application/json", 400, "invalid_json"),
    ],
)
def test_every_refusal_is_an_error_that_it_can_read(
    llm: Server, method: str, content: bytes, media: str, status: int, code: str
):
    answer = llm.request(method, "/v1/chat/completions", content=content, headers={"content-type": media})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (status, code, "invalid_request_error")
    assert error["message"]


def test_a_body_that_is_too_long_is_told_so_too(start_llm: Callable[..., Server]):
    answer = start_llm("--max-body", "100").request("POST", "/v1/chat/completions", content=b" " * 101)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (413, "payload_too_large", "invalid_request_error")
