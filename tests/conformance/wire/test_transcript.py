"""A transcript is short, complete in what matters, and safe to print."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.conformance.wire.exchange import Answer, Body, Exchange, Request, Trouble
from seatrial.conformance.wire.rawhttp import Client, RawRequest
from seatrial.conformance.wire.redact import Redactor
from seatrial.conformance.wire.transcript import transcript

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Address


def test_it_reads_like_the_conversation():
    exchange = Exchange(
        request=Request("POST", "/invocations", (("Host", "h"),), Body(length=5, head=b'{"a":')),
        answer=Answer(400, headers=(("Content-Type", "text/plain"),), body=Body(length=7, head=b"no\nJSON")),
        started=2,
        connected=0.001,
        sent=0.002,
        first_byte=0.01,
        done=0.0111,
        closed=True,
        interim=((100, 0.0015),),
    )
    assert transcript(exchange).splitlines() == [
        "* 2.000 s after the launch: connected in 0.001 s",
        "> POST /invocations HTTP/1.1",
        "> Host: h",
        ">",
        '> {"a":',
        "* sent after 0.002 s",
        "< 100 (interim, after 0.002 s)",
        "< HTTP/1.1 400",
        "< Content-Type: text/plain",
        "<",
        "< no",
        "< JSON",
        "* first byte after 0.010 s",
        "* 400 in 0.011 s; the peer closed the connection",
    ]


def test_trouble_is_told_in_the_system_s_words():
    exchange = Exchange(Request("GET", "/ping"), trouble=Trouble.REFUSED, detail="Connection refused", started=1)
    assert transcript(exchange).splitlines()[-1] == "* refused (Connection refused) after 0.000 s"


def test_a_binary_body_is_shown_as_a_hex_excerpt(correct: Address):
    client = Client(correct, origin=time.monotonic(), mask=Redactor())
    lines = transcript(client.send(RawRequest("POST", "/x", body=bytes(range(256)) * 2), timeout=5)).splitlines()
    rows = [line for line in lines if line.startswith("> 00")]
    assert rows[4] == "> 0040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"
    assert len(rows) == 8
    assert any(line.startswith("> [… 384 more bytes, 512 in all, sha256 ") for line in lines)


def test_a_long_text_is_cut_and_says_so():
    body = Body(length=50_000, head=b"word " * 800, cut=True, sha256="ab" * 32)
    text = transcript(Exchange(Request("GET", "/"), Answer(200, body=body)))
    assert f"< [… 48,000 more bytes, 50,000 in all, sha256 {'ab' * 32}]" in text


def test_a_character_cut_in_half_does_not_make_a_text_binary():
    head = "é".encode() * 2048
    text = transcript(Exchange(Request("GET", "/"), Answer(200, body=Body(length=9000, head=head[:-1], cut=True))))
    assert "< éé" in text


def test_many_headers_are_cut_and_say_so():
    headers = tuple((f"X-{n}", "v") for n in range(200))
    lines = transcript(Exchange(Request("GET", "/"), Answer(200, headers=headers, headers_cut=True))).splitlines()
    assert "< [… 140 more header lines]" in lines
    assert "< [… more header lines came]" in lines


wild = st.text(max_size=3000)


@given(wild, wild, st.binary(max_size=4096), wild)
@settings(deadline=None, database=None)
def test_nothing_a_subject_sends_steers_a_terminal_or_floods_it(name: str, value: str, body: bytes, detail: str):
    answer = Answer(200, headers=((name, value),) * 99, body=Body(length=10**9, head=body, cut=True))
    text = transcript(Exchange(Request("GET", value), answer, Trouble.GARBAGE, detail))
    assert all(char.isprintable() or char in "\n\t" for char in text)
    assert all(line[0] in "><*" for line in text.split("\n"))
    assert len(text) < 600_000
