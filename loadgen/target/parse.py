"""Reads `-e`, `--path` and `--router`: which target is meant, or what is wrong with it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.hiding import query_secrets, quoted
from seatrial.loadgen.target.sagemaker_url import parse_sagemaker_url
from seatrial.loadgen.target.values import DEFAULT_PATH, HttpTarget, RoutedTarget
from seatrial.loadgen.traffic import Authority

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from seatrial.loadgen.target.values import Target

__all__ = ["parse_authority", "parse_target"]

_UNSEEN = re.compile(r"[\x00-\x20\x7f]")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_PORTS = {"http": 80, "https": 443}


def parse_target(
    endpoint: str, *, path: str | None = None, router: str | None = None, insecure: bool = False
) -> Target:
    """Return the target that the options name.

    Args:
        endpoint: `-e`: an http, https or sagemaker URL, or the name of a group where there is a router.
        path: `--path`, with or without a query; None takes the URL's path, or `/invocations` where it has none.
        router: `--router`: URL of what names a worker for each request.
        insecure: `--insecure`: certificates that do not hold are taken.

    Raises:
        UsageError: the URL cannot be read or says something that does not exist.
    """
    if router is not None:
        return _routed(endpoint, path, router, insecure)
    _refuse_unseen("-e", endpoint)
    scheme, mark, _ = endpoint.partition("://")
    if not mark:
        raise UsageError(
            f"-e {quoted(endpoint)} is no URL: write http://HOST:PORT, https://HOST or sagemaker://ENDPOINT "
            "(the name of a group needs --router URL)"
        )
    if scheme.lower() == "sagemaker":
        if path is not None:
            raise UsageError("--path has no meaning for a sagemaker:// target, whose path SageMaker sets: leave it out")
        return parse_sagemaker_url(endpoint, insecure=insecure)
    split, authority = _parse_http("-e", endpoint, insecure=insecure)
    return _with_secrets(HttpTarget(authority, _request_path(split, path), _basic(split)), split)


def parse_authority(option: str, url: str, *, insecure: bool = False) -> Authority:
    """Return whom an http or https URL names.

    Args:
        option: what to call it in a message: `--router`.
        url: of which path and query are not looked at.
        insecure: goes into the result.

    Raises:
        UsageError: another scheme, no host, or a port that is none.
    """
    _refuse_unseen(option, url)
    return _parse_http(option, url, insecure=insecure)[1]


def _routed(group: str, path: str | None, router: str, insecure: bool) -> RoutedTarget:
    if not group or "://" in group:
        raise UsageError(f"-e {quoted(group)} must be the name of a group, not a URL, where --router is given")
    _refuse_unseen("--router", router)
    split, authority = _parse_http("--router", router, insecure=insecure)
    if "@" in split.netloc or split.query:
        raise UsageError(f"--router {quoted(router)} takes a URL without credentials and query: the key goes with -k")
    route = _encoded(split.path).rstrip("/") + "/route/"
    return RoutedTarget(group, authority, route, _normal_path(path) if path is not None else DEFAULT_PATH)


def _parse_http(option: str, url: str, *, insecure: bool) -> tuple[SplitResult, Authority]:
    try:
        split = urlsplit(url)
        scheme, host = split.scheme, split.hostname or ""
    except ValueError:
        raise UsageError(f"{option} {quoted(url)} is no URL: what stands in its brackets is no IPv6 address") from None
    try:
        port = split.port
    except ValueError:
        # What urlsplit says quotes the port, and where a password holds '/' that is a piece of the password.
        raise UsageError(f"{option} {quoted(url)} has a port that is no number from 1 to 65535") from None
    if scheme not in _PORTS:
        raise UsageError(f"{option} {quoted(url)} has the scheme {scheme!r}, expected http, https or sagemaker")
    if split.fragment or url.endswith("#"):
        raise UsageError(f"{option} {quoted(url)} has a part after '#', which no server sees: leave it out")
    if not host:
        raise UsageError(f"{option} {quoted(url)} names no host: write {scheme}://HOST:PORT")
    if port == 0:
        raise UsageError(f"{option} {quoted(url)} has port 0, expected 1 to 65535")
    return split, Authority(_ascii_host(option, host), port or _PORTS[scheme], scheme == "https", insecure)


def _ascii_host(option: str, host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{option} names the host {host!r}, which is no host name") from None


def _request_path(split: SplitResult, path: str | None) -> str:
    """Return `--path` where it is given, with the URL's query unless it brings its own; else the URL's path."""
    query = f"?{_encoded(split.query, '?')}" if split.query else ""
    if path is not None:
        normal = _normal_path(path)
        return normal if "?" in normal else normal + query
    return (_encoded(split.path) if split.path not in {"", "/"} else DEFAULT_PATH) + query


def _normal_path(path: str) -> str:
    if not path.startswith("/"):
        raise UsageError(f"--path {quoted(path)} must begin with '/'")
    if "#" in path:
        raise UsageError(f"--path {quoted(path)} has a part after '#', which no server sees: leave it out")
    _refuse_unseen("--path", path)
    head, mark, query = path.partition("?")
    return _encoded(head) + mark + _encoded(query, "?")


def _encoded(text: str, also: str = "") -> str:
    """Percent-encode what may not stand in a request line, and leave what is encoded already."""
    return quote(text, safe=_PATH_SAFE + also)


def _basic(split: SplitResult) -> str:
    """Return the Basic credentials of a URL's userinfo (RFC 7617: UTF-8), or nothing."""
    userinfo, mark, _ = split.netloc.rpartition("@")
    if not mark:
        return ""
    user, _, password = userinfo.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _with_secrets(target: HttpTarget, split: SplitResult) -> HttpTarget:
    said = [split.password or "", unquote(split.password or ""), target.authorization.removeprefix("Basic ")]
    return replace(target, secrets=tuple(dict.fromkeys(filter(None, [*said, *query_secrets(target.path)]))))


def _refuse_unseen(option: str, text: str) -> None:
    # urlsplit drops line ends and tabs without a word, so they are looked for before.
    if found := _UNSEEN.search(text):
        raise UsageError(f"{option} {quoted(text)} holds the character {found[0]!r}, which no URL may hold")
