"""Media types and Accept, as RFC 9110 means them."""

import pytest

from seatrial.reference_server.media import Accept, MediaType


@pytest.mark.parametrize(
    ("text", "name", "charset"),
    [
        ("application/json", "application/json", "utf-8"),
        ("Application/JSON;charset=UTF-8", "application/json", "utf-8"),
        ('text/csv ; header=absent; Charset="us-ascii"', "text/csv", "us-ascii"),
        ("application/vnd.api+json", "application/vnd.api+json", "utf-8"),
    ],
)
def test_a_content_type_is_read_without_its_parameters(text: str, name: str, charset: str):
    media = MediaType.parse(text)
    assert (media.name, media.charset) == (name, charset)


@pytest.mark.parametrize("text", ["", "json", "a/b/c", "a b/c", "/", "text/"])
def test_what_is_no_media_type_is_refused(text: str):
    with pytest.raises(ValueError, match="no media type"):
        MediaType.parse(text)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("application/json;q=0.5, text/csv;q=0.4, */*;q=0.9", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("junk, text/csv", "text/csv"),
        ("junk", "application/json"),
        ("text/csv;q=high", "application/json"),
    ],
)
def test_the_most_welcome_type_is_chosen(accept: str, chosen: str | None):
    assert Accept.parse(accept).choose(("application/json", "text/csv")) == chosen
