"""`instants`: one spelling, read to the letter."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from runner import instants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01T12:00:00.250Z", datetime(2026, 5, 1, 12, 0, 0, 250000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("2026-05-01T12:00:00", None),
        ("2026-05-01T12:00:00+00:00", None),
        ("2026-05-01", None),
        ("2026-02-30T12:00:00Z", None),
        ("2026-05-01T12:00:00Z\n", None),
        ("\N{FULLWIDTH DIGIT TWO}026-05-01T12:00:00Z", None),
        ("", None),
    ],
)
def test_read(text: str, expected: datetime | None) -> None:
    """Anything but an instant in UTC, written as entries have it, is none."""
    assert instants.read(text) == expected


def test_no_zone_of_a_machine_plays_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instant is read and written alike wherever that is."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        at = instants.read("2026-05-01T12:00:00Z")
        assert at is not None
        assert at.utcoffset() == timedelta(0)
        assert instants.written(at) == "2026-05-01T12:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_written() -> None:
    """Whatever the zone, it is written in UTC, to the second."""
    east = timezone(timedelta(hours=8))

    assert instants.written(datetime(2026, 5, 1, 20, tzinfo=east)) == "2026-05-01T12:00:00Z"
    assert instants.written(datetime(26, 5, 1, 0, 0, 0, 9, tzinfo=UTC)) == "0026-05-01T00:00:00Z"
