"""How long to wait after log-ins that failed, by identity and by peer: over instants handed in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE = 3  # failures that cost nothing, for whoever mistypes
LONGEST = 60.0  # seconds that one has to wait at most
FORGOTTEN = 900.0  # seconds after which failures no longer count
KEPT = 10_000  # identities, and peers, whose failures are kept


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: float

    def wait(self, now: float) -> float:
        """Return the seconds that are left to wait. A clock that was put back does not help."""
        if self.count < FREE:
            return 0.0
        delay = min(2.0 ** min(self.count - FREE, 16), LONGEST)
        return min(max(self.last + delay - now, 0.0), delay)


class Throttle:
    """How many log-ins failed lately, by identity and by peer; instants are in seconds.

    Both are kept for a bounded number, the latest; several threads may use one.
    """

    def __init__(self, kept: int = KEPT) -> None:
        """Keep failures of at most `kept` identities, and of as many peers."""
        self._kept = kept
        self._failed: tuple[OrderedDict[str, _Failures], OrderedDict[str, _Failures]] = (
            OrderedDict(),
            OrderedDict(),
        )
        self._lock = threading.Lock()

    def wait(self, identity: str, peer: str, now: float) -> float:
        """Return how many seconds must pass before the next attempt is looked at."""
        with self._lock:
            found = [_of(table, name, now) for table, name in self._tables(identity, peer)]
        return max(each.wait(now) for each in found)

    def failed(self, identity: str, peer: str, now: float) -> float:
        """Count a failure, and return how many seconds must pass before the next attempt."""
        with self._lock:
            for table, name in self._tables(identity, peer):
                before = _of(table, name, now)
                table.pop(name, None)
                table[name] = _Failures(before.count + 1, now)
                if len(table) > self._kept:
                    table.popitem(last=False)
        return self.wait(identity, peer, now)

    def succeeded(self, identity: str, peer: str) -> None:
        """Forget the failures of both."""
        with self._lock:
            for table, name in self._tables(identity, peer):
                table.pop(name, None)

    def _tables(
        self, identity: str, peer: str
    ) -> tuple[tuple[OrderedDict[str, _Failures], str], ...]:
        return tuple(zip(self._failed, (identity, peer), strict=True))


def _of(table: Mapping[str, _Failures], name: str, now: float) -> _Failures:
    found = table.get(name)
    return found if found is not None and now - found.last < FORGOTTEN else _Failures(0, now)
