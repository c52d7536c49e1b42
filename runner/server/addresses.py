"""Where a server listens, and on what terms: an IP address, a port, TLS or not."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import PlatformError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_PORTS = 65_535
_BACKLOG = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An IP address and a port; port 0 is any that is free."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Tell whether only this machine reaches it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def shown(self) -> str:
        """Return it as a URL has it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a server listens; without a certificate it speaks plain HTTP."""

    address: Address
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = False


def address(text: str) -> Address:
    """Return the address that `text` names, such as `127.0.0.1:8000`. Raises UsageError."""
    match = _ADDRESS.fullmatch(text)
    host = (match["six"] or match["four"]) if match else ""
    host = "127.0.0.1" if host == "localhost" else host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        match = None
    if match is None or int(match["port"]) > _PORTS:
        raise UsageError(
            f"cannot listen on {text}: it is not an IP address with a port",
            mend="write it as 127.0.0.1:8000 or [::1]:8000; port 0 is any that is free",
        )
    return Address(host=host, port=int(match["port"]))


def check(terms: Terms) -> None:
    """Raise UsageError for terms on which credentials would be sent in the clear."""
    if (terms.certificate is None) != (terms.key is None):
        raise UsageError(
            "cannot speak TLS with a certificate or a key alone",
            mend="give both --certificate and --key",
        )
    if not (terms.address.loopback or terms.certificate or terms.insecure):
        raise UsageError(
            f"cannot listen on {terms.address.shown} without TLS: credentials would be sent in "
            "the clear",
            mend="give --certificate and --key, listen on a loopback address behind a proxy, or "
            "accept it with --insecure-listen",
        )


@contextmanager
def bound(terms: Terms) -> Iterator[socket.socket]:
    """Return a socket that listens, for the time of the block. Raises PlatformError."""
    family = socket.AF_INET6 if ":" in terms.address.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; else each answer waits 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((terms.address.host, terms.address.port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise PlatformError(
            f"cannot listen on {terms.address.shown}: {error.strerror}",
            mend="end what listens there, or name another address",
        ) from error
    with made:
        yield made


def url(terms: Terms, listening: socket.socket) -> str:
    """Return the address of a socket, with the port that it was given."""
    host, port = listening.getsockname()[:2]
    scheme = "http" if terms.certificate is None else "https"
    return f"{scheme}://{Address(host=str(host), port=int(port)).shown}"
