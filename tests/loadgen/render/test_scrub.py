"""No secret reaches a report: neither one that the run was given, nor one that looks like one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from seatrial.loadgen.render.scrub import MASK, scrub
from seatrial.loadgen.result import Complaint, Samples

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def masked(runs: Runs, text: str, *secrets: str) -> str:
    result = scrub(replace(runs["few"][0], warnings=(text,)), secrets)
    return result.warnings[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("key s3cr%t/key here", f"key {MASK} here"),
        ("?k=s3cr%25t%2Fkey&a=1", f"?k={MASK}&a=1"),
        ('{"echo": "s3cr%t/key"}', f'{{"echo": "{MASK}"}}'),
    ],
)
def test_a_secret_of_the_run_is_masked_however_it_is_written(runs: Runs, text: str, left: str):
    assert masked(runs, text, "s3cr%t/key") == left


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc123def456",
        "{'authorization': 'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/2026, Signature=0a1b2c3d4e5f'}",
        '503 {"api_key": "sk-live-0123456789abcdef0123"}',
        "https://host/path?X-Amz-Signature=0123456789abcdef0123&b=1",
        "https://user:passw0rd@host/",
        "loadgen -k abcdef -e http://127.0.0.1",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "hf_abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_what_looks_like_a_secret_is_masked(runs: Runs, text: str):
    told = masked(runs, text)
    assert MASK in told
    for part in (
        "abc123def456",
        "0a1b2c3d4e5f",
        "sk-live",
        "0123456789abcdef",
        "passw0rd",
        "-k abcdef",
        "eyJ",
        "hf_",
        "AKIAI",
    ):
        assert part not in told


@pytest.mark.parametrize(
    "text",
    [
        "12 tokens a second: 500", "token limit reached", "the signature of the model does not fit", "p99<200ms",
        '503 {"error": "overloaded"}', "Keyboard: none", "http://127.0.0.1:8080/invocations",
    ],
)  # fmt: skip
def test_plain_words_are_left_alone(runs: Runs, text: str):
    assert masked(runs, text) == text


def test_masking_twice_changes_nothing(runs: Runs, key: str):
    once = scrub(runs["hostile"][0], [key])
    assert scrub(once, [key]) == once


def test_every_text_of_a_result_is_looked_at(runs: Runs, key: str):
    result = replace(
        runs["hostile"][0], complaints=(Complaint(key, key, key, key),), statuses={"200": 1}, version=key,
        objectives=tuple(replace(each, text=key, seen=key, note=key) for each in runs["met"][0].objectives),
    )  # fmt: skip
    assert key in repr(result)
    assert key.encode() not in msgspec.json.encode(scrub(result, [key]).to_json())


def test_numbers_are_left_as_they_are(runs: Runs):
    data = "AKIAIOSFODNN7EXAMPLE+/token=1234567890"
    result = replace(runs["few"][0], samples=(Samples("response", 1, 1, data),))
    masked = scrub(result, ["1234567890"])
    assert masked.samples[0].data == data
    assert masked.response == result.response
    assert masked.series == result.series


def test_a_word_too_short_to_be_a_secret_masks_nothing(runs: Runs):
    assert masked(runs, "the answer is ok", "ok", "") == "the answer is ok"
