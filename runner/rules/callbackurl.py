"""Whether the platform takes a callback URL: what it asks of every one, and its allow-list.

The platform reads a URL as Java's `java.net.URI` does and wants a host in it; so do these rules.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]{0,9}))?")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*(?P<last>{_LABEL})\.?")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_NUMERIC = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_PATH = re.compile(r"(?:[A-Za-z0-9_.!~*'();:@&=+$,/-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")
_QUERY = re.compile(r"(?:[A-Za-z0-9_.!~*'();:@&=+$,/?\[\]-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")
_PORTS = MappingProxyType({"http": 80, "https": 443})


@dataclass(frozen=True, slots=True)
class _Url:
    """A URL that is not refused: scheme, host and port as they compare, and its path as written."""

    server: tuple[str, str, int]
    path: str


def refusal(url: str) -> str | None:
    """Return why the platform would refuse `url`, or None. A blank one means no callback."""
    read = _read(url) if url.strip() else None
    return read if isinstance(read, str) else None


def matches(url: str, base_urls: Iterable[str], domain: str) -> bool:
    """Tell whether a platform whose allow-list is on takes `url`.

    It does when scheme, host and port are those of one of `base_urls` and the path is that one or
    below it, or when the host is `domain` or below it. Paths are compared as they are written:
    `..` is not resolved. A blank URL means no callback, and passes.
    """
    if not url.strip():
        return True
    read = _read(url)
    if isinstance(read, str):
        return False
    home = domain.strip().lower()
    if home and f".{read.server[1]}".endswith(f".{home}"):
        return True
    bases = (_read(base.strip()) for base in base_urls)
    return any(isinstance(base, _Url) and _is_below(read, base) for base in bases)


def _is_below(url: _Url, base: _Url) -> bool:
    if url.server != base.server:
        return False
    folder = base.path if base.path.endswith("/") else f"{base.path}/"
    return folder == "/" or url.path == base.path or url.path.startswith(folder)


def _read(url: str) -> _Url | str:
    match = _URL.fullmatch(url)
    scheme = match["scheme"].lower() if match else ""
    if match is None or scheme not in _PORTS:
        return "it does not begin with http:// or https://"
    authority = match["authority"] or ""
    if "@" in authority:
        return "it holds a user name or password"
    server = _server(authority)
    if server is None:
        return "it has no host, or one of a form that the platform does not read"
    if not _is_written(match["path"], match["query"] or "", match["fragment"] or ""):
        return "it holds a character that must be written as % and two digits"
    host, port = server
    return _Url((scheme, host.lower(), int(port) if port else _PORTS[scheme]), match["path"])


def _is_written(path: str, query: str, fragment: str) -> bool:
    written = _PATH.fullmatch(path) and _QUERY.fullmatch(query) and _QUERY.fullmatch(fragment)
    return bool(written) and (path + query + fragment).isprintable()


def _server(authority: str) -> tuple[str, str] | None:
    """Return the host and the port as they are written, or None where there is no such host."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None or not _is_host(match["host"]):
        return None
    return match["host"], match["port"] or ""


def _is_host(host: str) -> bool:
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
