"""What `-e`, `--path` and `--router` mean, and what is said of each that means nothing."""

from __future__ import annotations

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.hiding import hide_credentials
from seatrial.loadgen.target.parse import parse_target
from seatrial.loadgen.target.values import HttpTarget, RoutedTarget, SageMakerTarget
from seatrial.loadgen.traffic import Authority


def http(url: str, **options: object) -> HttpTarget:
    target = parse_target(url, **options)
    assert isinstance(target, HttpTarget)
    return target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://127.0.0.1:8080", Authority("127.0.0.1", 8080)),
        ("http://example.org", Authority("example.org", 80)),
        ("https://example.org", Authority("example.org", 443, tls=True)),
        ("HTTPS://Example.ORG:8443/x", Authority("example.org", 8443, tls=True)),
        ("http://[::1]:8080/v1", Authority("::1", 8080)),
        ("http://me:secret@h:81", Authority("h", 81)),
        ("http://bücher.example", Authority("xn--bcher-kva.example", 80)),
    ],
)
def test_a_url_names_whom_to_connect_to(url: str, authority: Authority):
    assert http(url).authority == authority


def test_insecure_is_part_of_whom_to_connect_to():
    assert http("https://h", insecure=True).authority == Authority("h", 443, tls=True, insecure=True)


@pytest.mark.parametrize(
    ("url", "path", "sent"),
    [
        ("http://h", None, "/invocations"),
        ("http://h/", None, "/invocations"),
        ("http://h?a=1", None, "/invocations?a=1"),
        ("http://h/v1/chat/completions", None, "/v1/chat/completions"),
        ("http://h/v1?a=1&b=%20", None, "/v1?a=1&b=%20"),
        ("http://h/v1?a=1", "/v2", "/v2?a=1"),
        ("http://h/v1?a=1", "/v2?b=2", "/v2?b=2"),
        ("http://h", "/", "/"),
        ("http://h/models/a%2Fb", None, "/models/a%2Fb"),
        ("http://h/grüße?q=ö", None, "/gr%C3%BC%C3%9Fe?q=%C3%B6"),
        ("http://h/a|b", '/x"y', "/x%22y"),
        ("http://h//a/../b", None, "//a/../b"),
    ],
)
def test_the_path_comes_from_the_option_then_the_url_then_the_contract(url: str, path: str | None, sent: str):
    assert http(url, path=path).path == sent


def test_userinfo_becomes_basic_credentials_and_is_shown_nowhere():
    target = http("http://m%C3%A9:p%40ss@h:8080/v1")
    assert target.authorization == "Basic bcOpOnBAc3M="  # mé:p@ss
    assert target.display == "http://h:8080/v1"
    assert "bcOp" not in repr(target)


def test_secrets_of_a_url_are_known_so_that_no_report_repeats_them():
    assert http("http://me:p%40s@h?api_key=hush&n=5").secrets == ("p%40s", "p@s", "bWU6cEBz", "hush")
    assert parse_target("g", router="http://h", path="/p?token=hush&n=5").secrets == ("hush",)
    assert http("http://h?n=5").secrets == parse_target("sagemaker://e").secrets == ()
    assert "hush" not in repr(http("http://me:hush@h"))


def test_a_name_without_a_password_is_credentials_too():
    assert http("http://user@h").authorization == "Basic dXNlcjo="


def test_secrets_of_a_query_are_sent_and_not_shown():
    target = http("https://h/v1?max_tokens=5&api_key=hush&sig=&token=hush")
    assert target.path.endswith("api_key=hush&sig=&token=hush")
    assert target.display == "https://h/v1?max_tokens=5&api_key=***&sig=&token=***"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("127.0.0.1:8080", "is no URL: write http://HOST:PORT"),
        ("my-group", "the name of a group needs --router URL"),
        ("", "is no URL"),
        ("ftp://h", "has the scheme 'ftp', expected http, https or sagemaker"),
        ("http://", "names no host"),
        ("http://:8080", "names no host"),
        ("http:///v1", "names no host"),
        ("http://h:0", "port 0, expected 1 to 65535"),
        ("http://h:65536", "no number from 1 to 65535"),
        ("http://h:http", "no number from 1 to 65535"),
        ("http://[::1", "no IPv6 address"),
        ("http://[nope]:80", "no IPv6 address"),
        ("http://h/a#b", "after '#'"),
        ("http://h/a#", "after '#'"),
        ("http://h/a b", "holds the character ' '"),
        ("http://h/\r\nX-Evil: 1", "holds the character '\\\\r'"),
        ("http://h\n", "holds the character '\\\\n'"),
        ("http://" + "ü" * 70, "is no host name"),
    ],
)
def test_a_url_that_means_nothing_is_told_in_one_sentence(url: str, named: str):
    with pytest.raises(UsageError, match=named) as told:
        parse_target(url)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("path", ["v1", "", "/a#b", "/a b", "/a\r\nX: 1"])
def test_a_path_that_cannot_be_sent_is_told(path: str):
    with pytest.raises(UsageError, match="--path"):
        parse_target("http://h", path=path)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hush@h:bad",
        "http://me:hu/sh@h",
        "ftp://me:hush@h",
        "me:hush@h:80",
        "http://me:hush@[::1",
        "x://hush@#",
    ],
)
def test_a_message_never_quotes_a_password(url: str):
    with pytest.raises(UsageError) as told:
        parse_target(url)
    assert "hush" not in str(told.value)
    assert "hu/sh" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("sagemaker://e", SageMakerTarget("e")),
        ("sagemaker://My-Endpoint-1/", SageMakerTarget("My-Endpoint-1")),
        ("sagemaker://e?variant=v&component=c&target-model=m%2Fa.tar.gz&session=s&region=us-east-1",
         SageMakerTarget("e", "v", "c", "m/a.tar.gz", "s", "us-east-1")),
        ("sagemaker://e?stream=1&session=s", SageMakerTarget("e", session="s", stream=True)),
        ("sagemaker://e?stream=FALSE&session=NEW_SESSION", SageMakerTarget("e", session="NEW_SESSION")),
    ],
)  # fmt: skip
def test_a_sagemaker_url_names_an_endpoint_and_what_to_ask_of_it(url: str, target: SageMakerTarget):
    assert parse_target(url) == target


def test_a_sagemaker_target_is_shown_as_it_was_given():
    url = "sagemaker://e?variant=v&session=s&stream=1"
    assert parse_target(url).display == url
    assert parse_target("sagemaker://e?target-model=m%2Fa").display == "sagemaker://e?target-model=m%2Fa"
    assert parse_target("sagemaker://e").display == "sagemaker://e"
    assert parse_target("sagemaker://e", insecure=True) == SageMakerTarget("e", insecure=True)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("sagemaker://", "names no endpoint"),
        ("sagemaker://a_b", "'sagemaker://a_b' names no endpoint, expected 1 to 63 letters"),
        ("sagemaker://-a", "expected 1 to 63 letters"),
        ("sagemaker://" + "a" * 64, "expected 1 to 63 letters"),
        ("sagemaker://e/invocations", "names no endpoint"),
        ("sagemaker://e?varient=v", "knows no parameter 'varient', expected variant, component"),
        ("sagemaker://e?variant=v&variant=w", "variant stands twice"),
        ("sagemaker://e?variant=", "variant=''"),
        ("sagemaker://e?variant=a_b", "expected 1 to 63 letters"),
        ("sagemaker://e?component=" + "a" * 64, "expected 1 to 63 letters"),
        ("sagemaker://e?session=NEW_SESSION!", "expected 1 to 256 letters"),
        ("sagemaker://e?target-model=a%0d%0aX:1", "expected printable ASCII"),
        ("sagemaker://e?stream=yes", "stream='yes'"),
        ("sagemaker://e?stream=1&target-model=m", "knows no target-model"),
        ("sagemaker://e?stream=1&session=NEW_SESSION", "opened without stream=1 only"),
    ],
)
def test_a_sagemaker_url_that_means_nothing_is_told(url: str, named: str):
    with pytest.raises(UsageError, match=named):
        parse_target(url)


def test_sagemaker_sets_its_own_path():
    with pytest.raises(UsageError, match="--path has no meaning"):
        parse_target("sagemaker://e", path="/x")


def test_with_a_router_the_endpoint_is_a_group():
    target = parse_target("my group", router="https://run.example/base/", path="/generate?x=1", insecure=True)
    router = Authority("run.example", 443, tls=True, insecure=True)
    assert target == RoutedTarget("my group", router, "/base/route/", "/generate?x=1")
    assert target.display == "my group/generate?x=1, routed by https://run.example"
    assert parse_target("g", router="http://h:1") == RoutedTarget("g", Authority("h", 1), "/route/", "/invocations")


@pytest.mark.parametrize(
    ("group", "router", "named"),
    [
        ("http://h", "http://h", "must be the name of a group"),
        ("", "http://h", "must be the name of a group"),
        ("g", "h:80", "--router .* expected http, https"),
        ("g", "http://", "names no host"),
        ("g", "http://key:hush@h", "the key goes with -k"),
        ("g", "http://h?api_key=hush", "the key goes with -k"),
        ("g", "http://h\n", "--router .* holds the character"),
    ],
)
def test_a_router_that_means_nothing_is_told(group: str, router: str, named: str):
    with pytest.raises(UsageError, match=named) as told:
        parse_target(group, router=router)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://me:hush@h:80/a?token=hush", "http://h:80/a?token=***"),
        ("http://h/users/a@b", "http://h/users/a@b"),
        ("sagemaker://e?variant=v", "sagemaker://e?variant=v"),
        ("my-group", "my-group"),
    ],
)
def test_credentials_are_taken_out_of_a_command_line(given: str, shown: str):
    assert hide_credentials(given) == shown
