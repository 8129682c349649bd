"""`--body`: the bytes of a file, its type, and what is said where there is no such file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.bodies import from_bodies

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"1,2,3\n"


@pytest.mark.parametrize(
    ("name", "body", "media"),
    [
        ("a.json", b"{}", "application/json"),
        ("a.CSV", CSV, "text/csv"),
        ("a.jsonl", b"{}\n{}", "application/jsonlines"),
        ("a.npy", b"\x93NUMPY", "application/x-npy"),
        ("a.png", b"\x89PNG", "image/png"),
        ("a", b'{"inputs": "x"}', "application/json"),
        ("a.dat", b"\x00\x01", "application/octet-stream"),
    ],
)
def test_the_suffix_names_the_type_and_else_the_bytes_do(tmp_path: Path, name: str, body: bytes, media: str):
    (tmp_path / name).write_bytes(body)
    payloads = from_bodies([str(tmp_path / name)], content_type=None)
    assert (payloads.bodies, payloads.media) == ((body,), (media,))
    assert payloads.title == f"{name}, {len(body)} bytes of {media}"


def test_a_type_behind_the_name_wins_over_the_option_and_that_over_the_suffix(tmp_path: Path):
    path = tmp_path / "a;b.json"
    path.write_bytes(CSV)
    assert from_bodies([f"{path};type=text/csv; header=absent"], content_type="text/plain").media == (
        "text/csv; header=absent",
    )
    assert from_bodies([str(path)], content_type="text/plain").media == ("text/plain",)


def test_standard_input_is_read_and_typed_like_a_file():
    assert from_bodies(["-;type=text/csv"], content_type=None, stdin=io.BytesIO(CSV)).media == ("text/csv",)
    assert from_bodies(["-"], content_type=None, stdin=io.BytesIO(b"[1]")).media == ("application/json",)


def test_several_files_are_sent_in_turn(tmp_path: Path):
    for name in ("a.csv", "b.json"):
        (tmp_path / name).write_bytes(name.encode())
    payloads = from_bodies([str(tmp_path / "a.csv"), str(tmp_path / "b.json")], content_type=None)
    assert payloads.bodies == (b"a.csv", b"b.json")
    assert payloads.media == ("text/csv", "application/json")
    assert payloads.title == "2 bodies in turn: a.csv, b.json"


@pytest.mark.parametrize(("body", "streams"), [
    (b'{"prompt": "x", "stream": true}', True), (b'{"prompt": "\\"stream\\": true", "stream": false}', False),
    (b'{"instances": [[1]]}', False), (b'"stream"', False), (b'{"stream": "true"}', False),
])  # fmt: skip
def test_a_body_that_asks_for_a_stream_is_seen(tmp_path: Path, body: bytes, streams: bool):
    (tmp_path / "a.json").write_bytes(body)
    assert from_bodies([str(tmp_path / "a.json")], content_type=None).streams is streams
    assert from_bodies([str(tmp_path / "a.json")], content_type=None, streams=True).streams


@pytest.mark.parametrize(("name", "reason"), [("nope.json", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, name: str, reason: str):
    with pytest.raises(UsageError, match=rf"--body .*{name} cannot be read \({reason}\); name a file"):
        from_bodies([f"{tmp_path}/{name}"], content_type=None)


@pytest.mark.parametrize("media", ["csv", "", "text/csv\r\nX: 1", "a b/c"])
def test_what_is_no_media_type_is_not_sent_as_one(tmp_path: Path, media: str):
    (tmp_path / "a.csv").write_bytes(CSV)
    with pytest.raises(UsageError, match="is no media type"):
        from_bodies([f"{tmp_path}/a.csv;type={media}"], content_type=None)
