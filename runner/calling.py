"""Calls over HTTP, each within its bounds: one exchange, or as many as it takes until one succeeds.

No redirect is followed, and no answer is read beyond its bound. What comes of a call that was not
answered in whole is for its caller to say.
"""

from __future__ import annotations

import secrets
import ssl
import time
import urllib.request
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3

from runner.calls import Answer, Mishap, Setback

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.calls import Request, Terms

T = TypeVar("T")

LANES = 8  # connections that are kept, and threads that may call at one time
_PIECE = 64 * 1024
_chance = secrets.SystemRandom()


class _TooLargeError(Exception):
    """An answer of more bytes than are read."""


class Line:
    """The connections to one address."""

    def __init__(self, base: str, terms: Terms, *, direct: bool = False) -> None:
        """Prepare calls to URLs that begin with `base`; nothing is sent yet.

        Those that are `direct` pass by no proxy of this machine's.
        """
        self._base = base
        self._terms = terms
        self._direct = direct

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def exchange(self, request: Request) -> Answer | Mishap:
        """Send a request once, and return what came back, or why nothing did."""
        try:
            return self._exchange(request)
        except _TooLargeError:
            said = f"the answer has more than {self._terms.most:,} bytes"
            return Mishap(kind="large", said=said, mend="ask for less at a time")
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Only its kind is told: what a library says may hold what was sent.
            return _mishap(error)

    def _exchange(self, request: Request) -> Answer:
        terms = self._terms
        response = self._pool.request(
            request.method or ("GET" if request.body is None else "POST"),
            request.url,
            body=request.body,
            headers=request.headers,
            timeout=urllib3.Timeout(connect=terms.connect, read=terms.read),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            content = self._content(response)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=named, content=content)

    def _content(self, response: urllib3.BaseHTTPResponse) -> bytes:
        latest = time.monotonic() + self._terms.whole
        content = bytearray()
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > self._terms.most:
                raise _TooLargeError
            if time.monotonic() > latest:
                raise TimeoutError
        return bytes(content)

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        scheme, host = urlsplit(self._base).scheme, urlsplit(self._base).hostname or ""
        context = ssl.create_default_context() if scheme == "https" else None
        proxy = urllib.request.getproxies_environment().get(scheme)
        if self._direct or not proxy or urllib.request.proxy_bypass(host):
            return urllib3.PoolManager(maxsize=LANES, ssl_context=context)
        user, found, _ = urlsplit(proxy).netloc.rpartition("@")
        shown = urllib3.make_headers(proxy_basic_auth=unquote(user)) if found else None
        return urllib3.ProxyManager(proxy, maxsize=LANES, ssl_context=context, proxy_headers=shown)


def until_done(
    attempt: Callable[[], T | Setback], terms: Terms, wait: Callable[[float], None]
) -> T:
    """Return what an attempt brings, made again as often as `terms` and its setbacks allow.

    Raises the error of the last setback. `wait` is given seconds.
    """
    pause, left = terms.pause, terms.attempts
    while True:
        got = attempt()
        if not isinstance(got, Setback):
            return got
        left -= 1
        if not got.again or left < 1 or got.wait > terms.patience:
            raise got.error
        # Many runners that were turned away together are not to come back together.
        wait(max(got.wait, pause * _chance.uniform(0.5, 1.0)))
        pause *= 2


def _mishap(error: Exception) -> Mishap:
    if _is_certificate(error):
        said = "its certificate is not one that this machine trusts for that name"
        mend = "mend the certificate, or name its authority's file in SSL_CERT_FILE"
        return Mishap(kind="certificate", said=said, mend=mend)
    if _is_unsent(error):
        return Mishap(kind="unsent", said="it cannot be reached")
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return Mishap(kind="address", said="its address is none")
    if isinstance(error, (urllib3.exceptions.ReadTimeoutError, TimeoutError)):
        return Mishap(kind="late", said="no answer came in time")
    return Mishap(kind="broken", said="the answer broke off")


def _is_certificate(error: Exception) -> bool:
    """Tell whether the other side could not prove who it is; nothing was sent to it then."""
    inner = error.original_error if isinstance(error, urllib3.exceptions.ProxyError) else error
    return isinstance(inner, urllib3.exceptions.SSLError) and any(
        isinstance(each, ssl.SSLCertVerificationError) for each in inner.args
    )


def _is_unsent(error: Exception) -> bool:
    """Tell whether a call surely never reached anybody."""
    unsent = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.ProxyError,
    )
    return isinstance(error, unsent)
