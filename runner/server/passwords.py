"""Secrets as salted scrypt hashes: made, and checked; what was right once is remembered.

Nothing of a secret is kept: memory holds keyed hashes, under a key that ends with the process.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

SALT = 16  # bytes
LONGEST = 1024  # bytes of a secret
_HASH = 32  # bytes
_KEPT = 4096  # secrets that are remembered
_MEMORY = 160 * 1024 * 1024  # that the costliest hash of an inventory takes, and a little more
_LINE = re.compile(
    r"scrypt\$(?P<n>[0-9]{1,6})\$(?P<r>[0-9])\$(?P<p>[0-9]{1,2})"
    r"\$(?P<salt>[A-Za-z0-9_-]{22})\$(?P<hash>[A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a guess costs: scrypt's own numbers."""

    n: int
    r: int
    p: int


CHOSEN = Cost(n=16_384, r=8, p=5)  # for what a person may have chosen: 16 MiB and some 0.2 s
DRAWN = Cost(n=2, r=8, p=1)  # for what chance has drawn, and nobody can guess


def line(secret: str, salt: bytes, cost: Cost) -> str:
    """Return the line that stands for `secret` in an inventory; `salt` has SALT bytes."""
    made = _text(_hash(secret, salt, cost))
    return f"scrypt${cost.n}${cost.r}${cost.p}${_text(salt)}${made}"


def is_behind(secret: str, stored: str) -> bool:
    """Tell whether `secret` is what the line `stored` was made of; a line that is none denies."""
    match = _LINE.fullmatch(stored)
    if match is None:
        return False
    cost = Cost(n=int(match["n"]), r=int(match["r"]), p=int(match["p"]))
    try:
        made = _hash(secret, _bytes(match["salt"]), cost)
    except ValueError:  # costs that scrypt does not take
        return False
    return hmac.compare_digest(_text(made), match["hash"])


# What nobody is behind: checked where nobody is named, so that this takes as long as a wrong guess.
NOBODY = f"scrypt${CHOSEN.n}${CHOSEN.r}${CHOSEN.p}${'A' * 22}${'A' * 43}"


class Verifier:
    """Checks secrets against stored lines; several threads may use one."""

    def __init__(self, kept: int = _KEPT) -> None:
        """Remember at most `kept` secrets that were right."""
        self._key = secrets.token_bytes(_HASH)
        self._kept = kept
        self._known: OrderedDict[bytes, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def recalled(self, secret: str, stored: Mapping[str, T]) -> T | None:
        """Return what stands at a line that `secret` was found behind before, or None."""
        with self._lock:
            known = self._known.get(self._mark(secret), frozenset())
        return next((stored[each] for each in known if each in stored), None)

    def match(self, secret: str, stored: Mapping[str, T]) -> T | None:
        """Return what stands at the line that `secret` is behind, or None; this takes its time."""
        recalled = self.recalled(secret, stored)
        if recalled is not None or not 0 < len(_encoded(secret)) <= LONGEST:
            return recalled
        for each, value in stored.items():
            if is_behind(secret, each):
                self._remember(secret, each)
                return value
        return None

    def _remember(self, secret: str, stored: str) -> None:
        mark = self._mark(secret)
        with self._lock:
            self._known[mark] = self._known.pop(mark, frozenset()) | {stored}
            if len(self._known) > self._kept:
                self._known.popitem(last=False)

    def _mark(self, secret: str) -> bytes:
        return hmac.digest(self._key, _encoded(secret), "sha256")


def _hash(secret: str, salt: bytes, cost: Cost) -> bytes:
    return hashlib.scrypt(
        _encoded(secret), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=_MEMORY, dklen=_HASH
    )


def _encoded(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
