"""Calls through the API gateway, each at most as often as is safe.

A call is sent again where it surely did nothing, and where it only asks. One that creates, starts
or steers is never sent again once it may have been taken: its answer counts as lost. No redirect
is followed, and no answer is read beyond its bound.
"""

from __future__ import annotations

import email.utils
import json
import secrets
import ssl
import time
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit

import urllib3

from runner.errors import PlatformError, UnknownOutcomeError
from runner.platforms.bkjob import envelopes
from runner.platforms.bkjob.envelopes import Answer, Fate, Trouble
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.errors import RunnerError
    from runner.model import Json, PlatformEntry
    from runner.platforms.bkjob.credentials import Credentials

_PIECE = 64 * 1024
_LONGEST_NUMBER = 9  # digits of Retry-After
_chance = secrets.SystemRandom()


class TooLargeError(PlatformError):
    """An answer of more bytes than are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long is waited (s), how much is read (bytes), and how often a call is made.

    `whole` bounds one answer from its first byte to its last; `pause` is the first wait between
    two attempts, which doubles; a longer one than `patience` is not waited for.
    """

    connect: float = 10.0
    read: float = 65.0  # the gateway itself waits 60 for JOB
    whole: float = 120.0
    most: int = 32 * 1024 * 1024
    attempts: int = 4
    pause: float = 0.25
    patience: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: what it is to do, in words, and what goes over the wire.

    `changes` tells that it creates, starts or steers something, so that it must not be repeated.
    """

    deed: str
    version: int
    name: str
    query: Mapping[str, Json] = field(default_factory=dict)
    body: Mapping[str, Json] | None = None
    changes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setback:
    """Why an attempt has no data, whether to try again, and how long the platform asks to wait."""

    error: RunnerError
    again: bool
    wait: float = 0.0


_TERMS = Terms()


class Gateway:
    """One platform's address, with its connections."""

    def __init__(
        self,
        entry: PlatformEntry,
        credentials: Credentials,
        *,
        terms: Terms = _TERMS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call the platform of `entry`; nothing is sent yet. `wait` is given seconds."""
        self._entry = entry
        self._credentials = credentials
        self._terms = terms
        self._wait = wait
        self._base = "/".join(filter(None, (entry.url.rstrip("/"), entry.stage.strip("/"))))

    def data(self, call: Call) -> Json:
        """Return the data that `call` is answered with.

        Raises RefusedError, PlatformError where nothing was done or known, and
        UnknownOutcomeError where a call that changes something may have been carried out.
        """
        pause, left = self._terms.pause, self._terms.attempts
        while True:
            got = self._attempt(call)
            if not isinstance(got, _Setback):
                return got
            left -= 1
            if not got.again or left < 1 or got.wait > self._terms.patience:
                raise got.error
            # Many runners that were turned away together are not to come back together.
            self._wait(max(got.wait, pause * _chance.uniform(0.5, 1.0)))
            pause *= 2

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    # ------------------------------------------------------------ one exchange

    def _attempt(self, call: Call) -> Json | _Setback:
        headers = self._headers(call)
        try:
            answer = self._exchange(call, headers)
        except TooLargeError as error:
            return _Setback(error=error, again=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Only its kind is told: what a library says may hold what was sent.
            return self._disturbed(call, error)
        read = envelopes.read(answer)
        if not isinstance(read, Trouble):
            return read
        told = envelopes.without(read, self._credentials.hidden)
        return _Setback(
            error=envelopes.error(told, call.deed, self._entry.name, changes=call.changes),
            again=read.fate is Fate.LATER or (read.fate is Fate.LOST and not call.changes),
            wait=_asked(answer.headers.get("retry-after", "")),
        )

    def _exchange(self, call: Call, headers: Mapping[str, str]) -> Answer:
        terms = self._terms
        response = self._pool.request(
            "GET" if call.body is None else "POST",
            self._url(call),
            body=None if call.body is None else json.dumps(call.body).encode(),
            headers=headers,
            timeout=urllib3.Timeout(connect=terms.connect, read=terms.read),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            content = self._content(call, response)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=named, content=content)

    def _content(self, call: Call, response: urllib3.BaseHTTPResponse) -> bytes:
        latest = time.monotonic() + self._terms.whole
        content = bytearray()
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > self._terms.most:
                said = f"the answer has more than {self._terms.most:,} bytes"
                raise TooLargeError(self._cannot(call, said), mend="ask for less at a time")
            if time.monotonic() > latest:
                raise TimeoutError
        return bytes(content)

    def _url(self, call: Call) -> str:
        system = "system/" if self._entry.route == "system" else ""
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{self._base}/api/v{call.version}/{system}{call.name}{query}"

    def _headers(self, call: Call) -> Mapping[str, str]:
        form = {} if call.body is None else {"Content-Type": "application/json"}
        return {
            "Accept": "application/json",
            "Blueking-Language": "en",
            "User-Agent": f"jobgate/{VERSION}",
            **form,
            **self._credentials.headers,
        }

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        scheme, host = urlsplit(self._base).scheme, urlsplit(self._base).hostname or ""
        context = ssl.create_default_context() if scheme == "https" else None
        proxy = urllib.request.getproxies_environment().get(scheme)
        if not proxy or urllib.request.proxy_bypass(host):
            return urllib3.PoolManager(maxsize=1, ssl_context=context)
        user, found, _ = urlsplit(proxy).netloc.rpartition("@")
        shown = urllib3.make_headers(proxy_basic_auth=unquote(user)) if found else None
        return urllib3.ProxyManager(proxy, maxsize=1, ssl_context=context, proxy_headers=shown)

    # ------------------------------------------------------------ what went wrong

    def _disturbed(self, call: Call, error: Exception) -> _Setback:
        """Return what came of a call that was not answered in whole."""
        if _is_certificate(error):
            said = "its certificate is not one that this machine trusts for that name"
            mend = "mend the certificate, or name its authority's file in SSL_CERT_FILE"
            return _Setback(error=PlatformError(self._cannot(call, said), mend=mend), again=False)
        if _is_unsent(error):
            return _Setback(error=self._failed(call, "it cannot be reached"), again=True)
        if isinstance(error, urllib3.exceptions.LocationValueError):
            return _Setback(error=self._failed(call, "its address is none"), again=False)
        late = isinstance(error, (urllib3.exceptions.ReadTimeoutError, TimeoutError))
        said = "no answer came in time" if late else "the answer broke off"
        if not call.changes:
            return _Setback(error=self._failed(call, said), again=True)
        lost = UnknownOutcomeError(
            self._cannot(call, f"{said}; nobody knows whether it was done"),
            mend=f"look at the job on {self._entry.name}",
        )
        return _Setback(error=lost, again=False)

    def _failed(self, call: Call, said: str) -> PlatformError:
        mend = f"look at the network, and at platforms.{self._entry.name}.url in jobgate.yaml"
        return PlatformError(self._cannot(call, said), mend=mend)

    def _cannot(self, call: Call, said: str) -> str:
        return f"cannot {call.deed} on {self._entry.name}: {said}"


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


def _asked(text: str) -> float:
    """Return the seconds that a Retry-After asks to wait for: a number, or a date."""
    if text.isascii() and text.isdigit():
        return float(text[:_LONGEST_NUMBER])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
