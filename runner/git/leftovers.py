"""Locks of refs that a killed git left behind: waited for, and taken away once they are old.

Git holds such a lock for a moment. Only those of refs that jobgate alone writes are taken away.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD_SECONDS = 10.0
_PATIENCE_SECONDS = 15.0  # longer than it takes for a lock to grow old
_ATTEMPTS = 5  # where there is no lock any more, and still it is said to be in the way
_OURS = ("refs/jobgate/", "refs/heads/jobgate-")
_chance = secrets.SystemRandom()


def tries(common: Path, ref: str) -> Iterator[None]:
    """Yield for each time that setting `ref`, below `common`, is worth while; once at least."""
    lock = common / f"{ref}.lock"
    begun, absent = time.monotonic(), 0
    while absent < _ATTEMPTS and time.monotonic() - begun < _PATIENCE_SECONDS:
        try:
            if ref.startswith(_OURS) and time.time() - lock.stat().st_mtime > OLD_SECONDS:
                lock.unlink()
        except FileNotFoundError:
            absent += 1
        except OSError:
            absent = _ATTEMPTS
        yield
        time.sleep(_chance.uniform(0, 0.1))
