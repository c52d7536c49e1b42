"""Instants in UTC, as entries, statements and forges write them: `2026-05-01T12:00:00Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)


def read(text: str) -> datetime | None:
    """Return the instant that `text` is to the letter, or None where it is none."""
    if _WRITTEN.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def written(at: datetime) -> str:
    """Return an instant as it is written, to the second."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
