"""A secret never survives, however it is spelled; ordinary text does."""

from __future__ import annotations

import base64
import html
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.conformance.wire.redact import MASK, Redactor, keeps_no_secret

if TYPE_CHECKING:
    from collections.abc import Callable


def is_secret(text: str) -> bool:
    return len(text.strip()) >= 4 and not keeps_no_secret(text.strip())


def unescaped(text: str) -> str:
    return str(json.loads(f'"{text}"', strict=False))


proven = settings(deadline=None, database=None)
any_text = st.text(max_size=40)
secrets = st.text(min_size=4, max_size=40).filter(is_secret)
long_secrets = st.text(min_size=8, max_size=40).filter(lambda text: len(text.strip()) >= 8 and is_secret(text))

SPELLINGS: list[tuple[str, Callable[[str], str], Callable[[str], str]]] = [
    ("percent", quote, unquote),
    ("percent-all", lambda text: quote(text, safe=""), unquote),
    ("percent-lower", lambda text: "".join(f"%{byte:02x}" for byte in text.encode()), unquote),
    ("form", quote_plus, unquote_plus),
    ("json", lambda text: json.dumps(text)[1:-1], unescaped),
    ("json-utf8", lambda text: json.dumps(text, ensure_ascii=False)[1:-1], unescaped),
    ("html", html.escape, html.unescape),
    ("hex", lambda text: text.encode().hex(), lambda text: bytes.fromhex(text.replace(MASK, "")).decode()),
]  # fmt: skip


@given(secrets, any_text, any_text)
@proven
def test_a_secret_never_survives_in_text(secret: str, before: str, after: str):
    assert secret not in Redactor([secret]).mask_text(before + secret + after + secret)


@given(secrets, st.binary(max_size=40), st.binary(max_size=40))
@proven
def test_a_secret_never_survives_in_bytes(secret: str, before: bytes, after: bytes):
    assert secret.encode() not in Redactor([secret]).mask_bytes(before + secret.encode() + after)


@given(secrets, any_text, any_text)
@proven
def test_a_secret_never_survives_in_headers(secret: str, before: str, after: str):
    ((name, value),) = Redactor([secret]).mask_headers([(before + secret, secret + after)])
    assert secret not in name
    assert secret not in value


@given(st.lists(secrets, min_size=2, max_size=5), st.data())
@proven
def test_several_secrets_side_by_side_never_survive(several: list[str], data: st.DataObject):
    text = "".join(data.draw(st.lists(st.sampled_from(several), max_size=6)))
    masked = Redactor(several).mask_text(text)
    assert not any(secret in masked for secret in several)


@pytest.mark.parametrize(("spell", "read"), [pytest.param(spell, read, id=name) for name, spell, read in SPELLINGS])
@given(long_secrets)
@settings(proven, max_examples=60)
def test_a_long_secret_never_survives_escaped(spell: Callable[[str], str], read: Callable[[str], str], secret: str):
    masked = Redactor([secret]).mask_text(f"{spell(secret)}{spell(secret)}")
    assert MASK in masked
    assert secret not in read(masked)


@given(st.text(min_size=8, max_size=40).filter(is_secret), st.binary(max_size=10), st.binary(max_size=10))
@proven
def test_a_long_secret_never_survives_in_base64(secret: str, before: bytes, after: bytes):
    redactor = Redactor([secret])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after).decode()
        masked = redactor.mask_text(encoded)
        assert MASK in masked
        assert len(masked.replace(MASK, "")) <= len(encoded) - len(secret.encode()) * 8 // 6 + 2


NAMES = ["password", "token", "Authorization", "AWS_KEY", "Bearer", "api_key", "AKIAABCDEFGHIJKLMNOP", "hunter22"]
SIGNS = ["***", "**", "://", "@", '"', "'", "\\", ":", "=", ",", " ", "\n", "x", "%41", "abc123def456"]
words = st.sampled_from([*NAMES, *SIGNS])


@given(st.lists(words, max_size=12).map("".join), st.lists(secrets, max_size=3))
@settings(proven, max_examples=300)
def test_masking_twice_changes_nothing(text: str, given_secrets: list[str]):
    redactor = Redactor([*given_secrets, "hunter22"])
    once = redactor.mask_text(text)
    assert redactor.mask_text(once) == once
    assert "hunter22" not in once


@given(secrets)
@proven
def test_what_is_cut_after_masking_shows_no_part_that_was_masked(secret: str):
    assert Redactor([secret]).reach >= len(secret.encode())


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic dTpw",
        "> authorization: Bearer abc",
        "proxy-authorization: x",
        "cookie: a=S3CRET; b=c",
        "< Set-Cookie: id=S3CRET; Path=/",
        "X-Api-Key: S3CRET",
        '{"password": "S3CRET", "n": 1}',
        '{"user": {"password": 53212}}',
        '"{\\"api_key\\": \\"S3CRET\\"}"',
        "{'db_password': 'S3\\'CRET'}",
        '{"x-auth-token": "S3CRETS3CRET"}',
        "password: S3CRET",
        "PASSWORD=S3CRET",
        "AWS_SECRET_ACCESS_KEY=S3CRET",
        "AWS_SESSION_TOKEN='S3CRET'",
        "MY_SECRET_VALUE=S3CRET",
        "curl 'https://host/x?token=S3CRETS3CRET'",
        "https://host/x?X-Amz-Signature=S3CRET",
        "postgres://user:S3CRET@host/db",
        "sent Bearer S3CRETS3CRET",
        "key AKIAS3CRETS3CRETS3CR here",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.S3CRETS3CRET",
        "hf_S3CRETS3CRETS3CRETS3CRET",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str):
    masked = Redactor().mask_text(text)
    assert MASK in masked
    for part in ("S3CRET", "dTpw", "abc", "53212", "user:"):
        assert part not in masked


@pytest.mark.parametrize(
    "text",
    [
        '10.32.0.2 - - [23/Nov/2026:12:00:00 +0000] "GET /ping HTTP/1.1" 200 0 "-" "AHC/2.0"',
        '{"usage": {"prompt_tokens": 12, "total_tokens": 40}, "max_tokens": 100, "token_type_ids": [0, 1]}',
        '{"logprobs": [{"token": "Hello", "logprob": -0.1}, {"token": " beautiful"}]}',
        "INFO: tokenizer='/opt/ml/model', tokenizer_mode=auto, eos_token_id=2",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "Basic understanding of tokens; bearer authentication is not used here",
        "the secretary: Alice wrote 3 * 4 ** 2 = 48, 100 % sure & done + more",
        "password: must not be empty",
        "http://127.0.0.1:8080/invocations?x=1&y=2",
        "Listening at: http://0.0.0.0:8080 (7), mail a@example.org",
        "[1.5, 2.25, true, null]",
        "a" * 500,
    ],
)
def test_ordinary_text_is_left_alone(text: str):
    assert Redactor(["correct-horse-battery", "true", "8080", "a1"]).mask_text(text) == text


def test_headers_are_masked_by_name():
    names = ["Authorization", "COOKIE", "Set-Cookie", "x-api-key", "X-Amz-Security-Token", "X-My-Secret", "DB_PASSWORD"]
    assert all(value == MASK for _, value in Redactor().mask_headers([(name, "v") for name in names]))


def test_the_protocol_s_own_words_stay_even_where_a_variable_has_the_same_value():
    headers = (("Content-Type", "application/json"), ("Content-Length", "1"), ("Connection", "close"))
    assert Redactor(["application/json", "1", "close"]).mask_headers(headers) == headers


def test_short_values_are_masked_only_where_they_stand_alone():
    redactor = Redactor(["abc", "true"])
    assert redactor.mask_text("abc true") == "abc true"
    assert redactor.mask_env([("A", "abc"), ("B", "abcd"), ("C", "true")]) == (("A", MASK), ("B", "abcd"), ("C", MASK))


def test_the_lines_of_a_secret_are_masked_one_by_one():
    redactor = Redactor(["first-line-of-key\nsecond-line-of-key\n"])
    assert redactor.mask_text("log: second-line-of-key") == f"log: {MASK}"


@pytest.mark.parametrize(
    "unit",
    ["a", "://", "token", "password:", "password='\\", "\\", "bearer ", "eyJabcdefgh.", "authorization:", "aws_"],
)
def test_hostile_text_is_masked_in_linear_time(unit: str):
    text = unit * (65_536 // len(unit))
    begun = time.process_time()
    Redactor(["correct-horse-battery"]).mask_text(text)
    assert time.process_time() - begun < 1


def test_a_number_that_a_setting_has_is_left_where_an_answer_has_it_too():
    body = '{"data": [{"id": "m", "max_model_len": 2048, "owned_by": "me"}]}'
    assert Redactor(["2048", "bfloat16"]).mask_text(body) == body
    assert Redactor(["20482048"]).mask_text(body.replace("2048", "20482048")) != body.replace("2048", "20482048")
