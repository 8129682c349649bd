"""Keeps credentials out of what is shown: reports, messages, the command line of a run."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["MASK", "hide_credentials", "hide_query", "query_secrets", "quoted"]

MASK = "***"
_SECRET = re.compile(r"token(?!s)|secret|passw|key|signature|^sig$|credential|auth", re.IGNORECASE)


def hide_credentials(url: str) -> str:
    """Return a URL without its userinfo, and with the secrets of its query masked; other texts as they are."""
    if "://" not in url:
        return url
    try:
        netloc = urlsplit(url).netloc
    except ValueError:
        return quoted(url)
    return hide_query(url.replace(f"//{netloc}", f"//{netloc.rpartition('@')[2]}", 1))


def hide_query(path: str) -> str:
    """Return a path or URL in which the query's values that look like secrets by their names are masked."""
    head, mark, query = path.partition("?")
    if not mark:
        return path
    return f"{head}?{'&'.join(map(_hide_pair, query.split('&')))}"


def query_secrets(path: str) -> list[str]:
    """Return the values that `hide_query` masks, as they stand in the query."""
    pairs = (pair.partition("=") for pair in path.partition("?")[2].split("&"))
    return [value for name, _, value in pairs if value and _SECRET.search(name)]


def quoted(url: str) -> str:
    """Return a URL that is no good as a message may quote it: whatever could be userinfo is left out."""
    scheme, mark, rest = url.rpartition("://")
    kept = f"***@{rest.rpartition('@')[2]}" if "@" in rest else rest
    return repr(hide_query(f"{scheme}{mark}{kept}"))


def _hide_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and _SECRET.search(name) else pair
