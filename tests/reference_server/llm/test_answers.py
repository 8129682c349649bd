"""What the sample model answers over HTTP, in each of its three languages."""

import math

import pytest
from support.serving import Server

from seatrial.reference_server.samples.llm_recipe import grammar

SKY = "The colour of the sky is"
COMPLETIONS, CHATS, INVOCATIONS = "/v1/completions", "/v1/chat/completions", "/invocations"
BY_HEADER = "X-Amzn-SageMaker-Adapter-Identifier"
QUESTION = [{"role": "user", "content": "What colour is the frog?"}]


def post(server: Server, path: str, body: object, **headers: str) -> dict[str, object]:
    answer = server.request("POST", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    value: dict[str, object] = answer.json()
    return value


def text_of(answer: dict[str, object]) -> str:
    """The text, in whichever language it came."""
    if "generated_text" in answer:
        return str(answer["generated_text"])
    choice = answer["choices"][0]  # type: ignore[index]  # JSON
    return str(choice["message"]["content"] if "message" in choice else choice["text"])


@pytest.mark.parametrize("path", [COMPLETIONS, INVOCATIONS])
@pytest.mark.parametrize(
    ("voice", "word"), [("", "blue"), ("sample-llm", "blue"), ("alpha", "alpha"), ("beta", "beta")]
)
def test_the_model_in_the_body_says_who_answers_a_prompt(llm: Server, path: str, voice: str, word: str):
    answer = post(llm, path, {"model": voice, "prompt": SKY})
    assert text_of(answer) == f" {word}."
    assert answer["model"] == (voice or "sample-llm")
    assert answer["usage"] == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


@pytest.mark.parametrize("path", [CHATS, INVOCATIONS])
@pytest.mark.parametrize(("voice", "word"), [("", "green"), ("alpha", "alpha"), ("beta", "beta")])
def test_the_model_in_the_body_says_who_answers_a_chat(llm: Server, path: str, voice: str, word: str):
    answer = post(llm, path, {"model": voice, "messages": QUESTION})
    assert text_of(answer) == f"{word}."
    assert answer["choices"][0]["finish_reason"] == "stop"  # type: ignore[index]  # JSON


def test_a_chat_may_leave_out_its_model_and_may_have_been_going_on(llm: Server):
    before = [{"role": "user", "content": "Count from 18"}, {"role": "assistant", "content": "18 19 20."}]
    head = [{"role": "system", "content": grammar.SYSTEM_TEXT}]
    parts = [
        {"role": "user", "content": [{"type": "text", "text": "What colour is "}, {"type": "text", "text": "the sun?"}]}
    ]
    assert text_of(post(llm, CHATS, {"messages": head + before + parts})) == "yellow."


@pytest.mark.parametrize("adapters", ["alpha", ["alpha"]])
def test_lmi_names_its_adapter_in_a_field_of_its_own(llm: Server, adapters: object):
    assert post(llm, INVOCATIONS, {"inputs": SKY}) == {"generated_text": " blue."}
    assert post(llm, INVOCATIONS, {"inputs": SKY, "adapters": adapters}) == {"generated_text": " alpha."}


def test_lmi_tells_details_and_the_prompt_where_they_are_asked_for(llm: Server):
    parameters = {"max_new_tokens": 2, "details": True, "return_full_text": True}
    answer = post(llm, INVOCATIONS, {"inputs": "Count from 5:", "parameters": parameters})
    assert answer["generated_text"] == "Count from 5: 5 6"
    details = answer["details"]
    assert (details["finish_reason"], details["generated_tokens"]) == ("length", 2)  # type: ignore[index]  # JSON
    assert [token["text"] for token in details["tokens"]] == [" 5", " 6"]  # type: ignore[index]  # JSON


def test_lmi_answers_a_list_with_a_list_each_by_its_own_adapter(llm: Server):
    answer = post(llm, INVOCATIONS, {"inputs": [SKY] * 3, "adapters": ["beta", "sample-llm", "alpha"]})
    assert [text_of(one) for one in answer] == [" beta.", " blue.", " alpha."]  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize(
    "body", [{"prompt": SKY, "model": "beta"}, {"inputs": SKY, "adapters": "beta"}, {"prompt": SKY}]
)
def test_the_header_wins_over_the_body(llm: Server, body: dict[str, object]):
    assert text_of(post(llm, INVOCATIONS, body, **{BY_HEADER: "alpha"})) == " alpha."


@pytest.mark.parametrize("path", [COMPLETIONS, INVOCATIONS])
@pytest.mark.parametrize("headers", [{}, {BY_HEADER: "nobody"}])
def test_an_unknown_adapter_is_404_and_its_name_is_told(llm: Server, path: str, headers: dict[str, str]):
    body = {"prompt": SKY, "model": "alpha" if headers else "nobody"}
    answer = llm.request("POST", path, json=body, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (404, "no_such_adapter", "not_found_error")
    assert "'nobody'" in error["message"]


@pytest.mark.parametrize(
    ("stop", "text"),
    [(" 8", " 5 6 7"), ("7 8", " 5 6 "), ([". ", "0"], " 5 6 7 8 9 1"), ("nothing", " 5 6 7 8 9 10 11")],
)
def test_a_stop_string_ends_the_answer_before_it_also_across_tokens(llm: Server, stop: object, text: str):
    answer = post(llm, COMPLETIONS, {"prompt": "Count from 5:", "stop": stop, "max_tokens": 7})
    assert text_of(answer) == text
    assert answer["choices"][0]["finish_reason"] == ("length" if stop == "nothing" else "stop")  # type: ignore[index]


def test_n_answers_differ_by_chance_and_come_again_with_their_seed(llm: Server):
    body = {"prompt": SKY, "n": 4, "temperature": 5, "seed": 3, "max_tokens": 8}
    first, again = post(llm, COMPLETIONS, body), post(llm, COMPLETIONS, body)
    assert first["choices"] == again["choices"]
    assert len({choice["text"] for choice in first["choices"]}) == 4  # type: ignore[attr-defined]  # JSON
    assert [choice["index"] for choice in first["choices"]] == [0, 1, 2, 3]  # type: ignore[attr-defined]  # JSON


def test_several_prompts_are_answered_in_order(llm: Server):
    answer = post(llm, COMPLETIONS, {"prompt": [SKY, "Q: What colour is the sun?\nA:"], "n": 2})
    texts = [choice["text"] for choice in answer["choices"]]  # type: ignore[attr-defined]  # JSON
    assert texts == [" blue.", " blue.", " yellow.", " yellow."]


def test_a_small_top_p_makes_a_hot_answer_the_likeliest(llm: Server):
    assert text_of(post(llm, COMPLETIONS, {"prompt": SKY, "temperature": 2, "top_p": 1e-6})) == " blue."


def test_logprobs_of_a_completion_belong_to_its_tokens(llm: Server):
    told = post(llm, COMPLETIONS, {"prompt": SKY, "logprobs": 3, "echo": True})["choices"][0]["logprobs"]  # type: ignore[index]
    assert told["tokens"] == [" blue", "."]
    assert told["text_offset"] == [len(SKY), len(SKY + " blue")]
    for token, logprob, top in zip(told["tokens"], told["token_logprobs"], told["top_logprobs"], strict=True):
        assert top[token] == logprob == max(top.values())
        assert sum(map(math.exp, top.values())) <= 1.0000001


def test_logprobs_of_a_chat_belong_to_its_tokens(llm: Server):
    answer = post(llm, CHATS, {"messages": QUESTION, "logprobs": True, "top_logprobs": 2})
    content = answer["choices"][0]["logprobs"]["content"]  # type: ignore[index]  # JSON
    assert "".join(token["token"] for token in content) == text_of(answer)
    assert all(len(token["top_logprobs"]) == 2 for token in content)
    assert all(bytes(token["bytes"]).decode() == token["token"] for token in content)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (COMPLETIONS, {}, "'prompt'"),
        (CHATS, {"prompt": SKY}, "'messages'"),
        (INVOCATIONS, {"x": 1}, "'inputs'"),
        (COMPLETIONS, {"prompt": SKY, "max_tokens": 0}, "max_tokens is 0"),
        (COMPLETIONS, {"prompt": SKY, "temperature": "hot"}, "temperature is 'hot'"),
        (COMPLETIONS, {"prompt": SKY, "stream": "yes"}, "stream is 'yes'"),
        (COMPLETIONS, {"prompt": []}, "prompt"),
        (COMPLETIONS, {"prompt": [1, 9999]}, "no tokens"),
        (COMPLETIONS, {"prompt": SKY, "n": 1000}, "n is 1000"),
        (COMPLETIONS, {"prompt": SKY, "stop": [""]}, "stop"),
        (COMPLETIONS, {"prompt": "x " * 100_000}, "cannot fit"),
        (COMPLETIONS, {"prompt": SKY, "max_tokens": 2048}, "do not fit"),
        (CHATS, {"messages": [{"role": "clown", "content": "ha"}]}, "'clown'"),
        (CHATS, {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "no text"),
        (INVOCATIONS, {"inputs": SKY, "adapters": ["alpha", "beta"]}, "adapters names 2"),
    ],
)
def test_what_cannot_be_answered_is_400_and_the_field_is_named(llm: Server, path: str, body: object, named: str):
    answer = llm.request("POST", path, json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert named in error["message"]
    assert error["type"] == "invalid_request_error"


def test_other_types_and_damaged_bodies_are_refused(llm: Server):
    assert llm.invoke(b"1,2,3", "text/csv").status_code == 415
    assert llm.invoke(b'{"prompt": ').status_code == 400
    assert llm.invoke(b"").status_code == 400
    assert llm.invoke(b'{"prompt": "The sky"}', None).status_code == 200


def test_the_models_are_listed_with_their_adapters(llm: Server):
    cards = llm.request("GET", "/v1/models").json()["data"]
    assert [(card["id"], card["parent"]) for card in cards] == [
        ("sample-llm", None),
        ("alpha", "sample-llm"),
        ("beta", "sample-llm"),
    ]
