"""Whether the platform takes a callback URL: what it asks of every one, before any allow-list.

The platform reads a URL as Java's `java.net.URI` does and wants a host in it; so do these rules.
"""

from __future__ import annotations

import ipaddress
import re

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::[0-9]{0,9})?")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*(?P<last>{_LABEL})\.?")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_NUMERIC = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_PATH = re.compile(r"(?:[A-Za-z0-9_.!~*'();:@&=+$,/-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")
_QUERY = re.compile(r"(?:[A-Za-z0-9_.!~*'();:@&=+$,/?\[\]-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")


def refusal(url: str) -> str | None:
    """Return why the platform would refuse `url`, or None. A blank one means no callback."""
    return None if not url.strip() else _refusal(url)


def _refusal(url: str) -> str | None:
    match = _URL.fullmatch(url)
    if match is None or match["scheme"].lower() not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    authority = match["authority"] or ""
    if "@" in authority:
        return "it holds a user name or password"
    if not _is_server(authority):
        return "it has no host, or one of a form that the platform does not read"
    if not _is_written(match["path"], match["query"] or "", match["fragment"] or ""):
        return "it holds a character that must be written as % and two digits"
    return None


def _is_written(path: str, query: str, fragment: str) -> bool:
    written = _PATH.fullmatch(path) and _QUERY.fullmatch(query) and _QUERY.fullmatch(fragment)
    return bool(written) and (path + query + fragment).isprintable()


def _is_server(authority: str) -> bool:
    match = _AUTHORITY.fullmatch(authority)
    host = match["host"] if match else ""
    if host.startswith("["):
        return _is_ipv6(host[1:-1])
    named = _HOST.fullmatch(host)
    if named is None:
        return False
    numeric = "." in host.rstrip(".") and named["last"][0].isdigit()
    return not numeric or _NUMERIC.fullmatch(host) is not None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
