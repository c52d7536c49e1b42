"""`windows`: when jobs may start, by the wall clock of a zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner import windows
from runner.terms import Dated, Opening, Weekly, Windows

OFFICE = Weekly(days=(0, 1, 2, 3, 4), begins=540, ends=1020)
HOLIDAYS = Dated(begins="2026-12-24T18:00", ends="2027-01-02T08:00")


def instant(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shut(
    at: str,
    *,
    opens: tuple[Opening, ...] = (),
    closed: tuple[Opening, ...] = (),
    zone: str = "Europe/Berlin",
) -> str | None:
    """Return when jobs may start next, without its time zone."""
    found = windows.shut(Windows(zone=zone, open=opens, closed=closed), instant(at))
    if found is None:
        return None
    assert found.tzinfo is UTC
    return "never" if found == windows.NEVER else found.strftime("%Y-%m-%dT%H:%M:%S")


def weekly(text: str) -> Weekly:
    """Return the hours of a text that says some."""
    found = windows.weekly(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mon-Fri 09:00-17:00", OFFICE),
        ("Sat-Sun", Weekly(days=(5, 6), begins=0, ends=1440)),
        ("Sun", Weekly(days=(6,), begins=0, ends=1440)),
        ("Sat-Mon", Weekly(days=(0, 5, 6), begins=0, ends=1440)),
        ("Mon,Wed-Thu 22:00-02:00", Weekly(days=(0, 2, 3), begins=1320, ends=120)),
        ("Mon-Mon 00:00-24:00", Weekly(days=(0,), begins=0, ends=1440)),
        ("Tue,Tue 23:59-00:00", Weekly(days=(1,), begins=1439, ends=0)),
        ("Mon 09:00-09:00", None),
        ("Mon 24:00-01:00", None),
        ("Mon 09:00-24:01", None),
        ("Mon 9:00-17:00", None),
        ("Mon 09:60-17:00", None),
        ("mon", None),
        ("Monday", None),
        ("Mon-", None),
        ("Mon 09:00", None),
        ("Mon  09:00-17:00", None),
        ("Mon\n", None),
        ("", None),
    ],
)
def test_weekly_hours_as_text(text: str, found: Weekly | None) -> None:
    """Days and hours are read to the letter, and nothing that is nearly some."""
    assert windows.weekly(text) == found


@pytest.mark.parametrize(
    ("begins", "ends", "sound"),
    [
        ("2026-12-24T18:00", "2027-01-02T08:00", True),
        ("2026-12-24T18:00", "2026-12-24T18:01", True),
        ("2026-12-24T18:00", "2026-12-24T18:00", False),
        ("2027-01-02T08:00", "2026-12-24T18:00", False),
        ("2026-02-29T00:00", "2026-03-01T00:00", False),
        ("2026-02-28T00:00", "2026-02-30T00:00", False),
        ("2026-12-24", "2027-01-02T08:00", False),
        ("2026-12-24T18:00", "2027-01-02T08:00Z", False),
        ("1999-12-24T18:00", "2027-01-02T08:00", False),
    ],
)
def test_dates(begins: str, ends: str, *, sound: bool) -> None:
    """A stretch of time is between two times that there are, the first one earlier."""
    assert windows.dated(begins, ends) == (Dated(begins=begins, ends=ends) if sound else None)


def test_zones_are_those_of_the_data_base() -> None:
    """A name of it is known, whatever else the system knows is not."""
    assert windows.zones("no-such-package") == frozenset()
    assert windows.known("Europe/Berlin")
    assert windows.known("UTC")
    for name in ("Europe/Munich", "", "zones", "../zones", "/etc/localtime", "posixrules"):
        assert not windows.known(name)
    with pytest.raises(ValueError, match="there is no time zone Europe/Munich"):
        windows.shut(Windows(zone="Europe/Munich"), instant("2026-01-01"))


@pytest.mark.parametrize(
    ("at", "opens", "closed", "found"),
    [
        ("2026-11-24T12:00", (), (), None),
        ("2026-11-24T08:00", (OFFICE,), (), None),
        ("2026-11-24T07:59:59", (OFFICE,), (), "2026-11-24T08:00:00"),
        ("2026-11-24T15:59:59", (OFFICE,), (), None),
        ("2026-11-24T16:00", (OFFICE,), (), "2026-11-25T08:00:00"),
        ("2026-11-27T16:00", (OFFICE,), (), "2026-11-30T08:00:00"),
        ("2026-12-24T16:59", (), (HOLIDAYS,), None),
        ("2026-12-24T17:00", (), (HOLIDAYS,), "2027-01-02T07:00:00"),
        ("2027-01-02T06:59", (), (HOLIDAYS,), "2027-01-02T07:00:00"),
        ("2027-01-02T07:00", (), (HOLIDAYS,), None),
        ("2026-12-26T12:00", (OFFICE,), (HOLIDAYS,), "2027-01-04T08:00:00"),
        ("2026-11-24T12:00", (HOLIDAYS,), (), "2026-12-24T17:00:00"),
        ("2027-01-02T07:00", (HOLIDAYS,), (), "never"),
        ("2026-11-24T12:00", (OFFICE,), (weekly("Mon-Sun"),), "never"),
        ("2026-11-24T12:00", (), (weekly("Mon-Sun 00:00-23:59"),), "2026-11-24T22:59:00"),
        ("2026-11-24T22:00", (weekly("Tue 22:00-02:00"),), (), None),
        ("2026-11-25T00:59", (weekly("Tue 22:00-02:00"),), (), None),
        ("2026-11-25T01:00", (weekly("Tue 22:00-02:00"),), (), "2026-12-01T21:00:00"),
        ("2026-11-24T12:00", (weekly("Tue 12:00-14:00"), OFFICE), (OFFICE,), "never"),
        ("2026-11-24T12:00", (weekly("Tue 12:00-18:00"),), (OFFICE,), "2026-11-24T16:00:00"),
    ],
)
def test_when_jobs_may_start(
    at: str, opens: tuple[Opening, ...], closed: tuple[Opening, ...], found: str | None
) -> None:
    """Within an open range and no closed one; else whenever that comes next."""
    assert shut(at, opens=opens, closed=closed) == found


def test_a_far_date_is_found() -> None:
    """What opens in sixty years is found beyond all weeks that open nothing."""
    far = Dated(begins="2090-12-24T18:00", ends="2091-01-02T08:00")

    assert shut("2026-11-24T12:00", opens=(far,)) == "2090-12-24T17:00:00"
    assert shut("2026-11-24T12:00", opens=(far,), closed=(weekly("Sun-Fri"),)) == (
        "2090-12-29T23:00:00"
    )
    assert shut("2026-11-24T12:00", closed=(weekly("Mon-Sat"), far)) == "2026-11-28T23:00:00"


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-29T00:59", "2026-03-29T01:00:00"),
        ("2026-03-29T01:00", None),
        ("2026-03-22T01:29", "2026-03-22T01:30:00"),
    ],
)
def test_an_open_range_that_begins_in_a_gap(at: str, found: str | None) -> None:
    """02:30 is not there when the clock goes from 02:00 to 03:00: it is the jump itself."""
    assert shut(at, opens=(weekly("Sun 02:30-04:00"),)) == found


@pytest.mark.parametrize("minute", range(1, 60))
def test_every_time_in_a_gap_is_the_jump(minute: int) -> None:
    """To the second, whichever minute it is that the clock skips."""
    assert shut("2026-03-29T00:59:59", opens=(weekly(f"Sun 02:{minute:02}-04:00"),)) == (
        "2026-03-29T01:00:00"
    )


def test_hours_that_end_when_they_begin_are_a_whole_day() -> None:
    """They reach into the next day; a single minute is one."""
    round_, minute = Weekly(days=(1,), begins=540, ends=540), weekly("Tue 09:00-09:01")

    assert shut("2026-11-25T07:59", opens=(round_,)) is None
    assert shut("2026-11-25T08:00", opens=(round_,)) == "2026-12-01T08:00:00"
    assert shut("2026-11-24T08:00:59", opens=(minute,)) is None
    assert shut("2026-11-24T08:01", opens=(minute,)) == "2026-12-01T08:00:00"


def test_a_range_within_a_gap_is_none() -> None:
    """What lies wholly in what the clock skips is a week later."""
    assert shut("2026-03-29T00:00", opens=(weekly("Sun 02:10-02:50"),)) == "2026-04-05T00:10:00"
    assert shut("2026-03-29T01:00", closed=(weekly("Sun 02:10-02:50"),)) is None


@pytest.mark.parametrize(
    ("at", "opens", "found"),
    [
        ("2026-10-25T00:29", "Sun 01:00-02:30", None),
        ("2026-10-25T00:30", "Sun 01:00-02:30", "2026-11-01T00:00:00"),
        ("2026-10-25T01:00", "Sun 01:00-02:30", "2026-11-01T00:00:00"),
        ("2026-10-25T00:30", "Sun 02:30-04:00", "2026-10-25T01:30:00"),
        ("2026-10-25T01:29", "Sun 02:30-04:00", "2026-10-25T01:30:00"),
        ("2026-10-25T01:30", "Sun 02:30-04:00", None),
    ],
)
def test_an_open_range_where_the_clock_goes_back(at: str, opens: str, found: str | None) -> None:
    """It ends at the first 02:30 of the two, and begins at the second."""
    assert shut(at, opens=(weekly(opens),)) == found


@pytest.mark.parametrize(
    ("at", "closed", "found"),
    [
        ("2026-10-25T00:29", "Sun 02:30-04:00", None),
        ("2026-10-25T00:30", "Sun 02:30-04:00", "2026-10-25T03:00:00"),
        ("2026-10-25T00:30", "Sun 01:00-02:30", "2026-10-25T01:30:00"),
        ("2026-10-25T01:30", "Sun 01:00-02:30", None),
    ],
)
def test_a_closed_range_where_the_clock_goes_back(at: str, closed: str, found: str | None) -> None:
    """It begins at the first 02:30 of the two, and ends at the second."""
    assert shut(at, closed=(weekly(closed),)) == found


def test_a_day_that_was_left_out() -> None:
    """Samoa had no 30 December 2011: nothing of that Friday is open, or closed."""
    friday = (weekly("Fri"),)

    assert shut("2011-12-30T09:00", opens=friday, zone="Pacific/Apia") == "2012-01-05T10:00:00"
    assert shut("2011-12-30T10:00", closed=friday, zone="Pacific/Apia") is None


def test_whether_windows_are_ever_open() -> None:
    """Hours that are closed wherever they are open are never open; a date in the past was."""
    zone = "Europe/Berlin"
    past = Dated(begins="2020-01-01T00:00", ends="2020-01-02T00:00")

    assert windows.ever(Windows(zone=zone))
    assert windows.ever(Windows(zone=zone, open=(past,)))
    assert windows.ever(Windows(zone=zone, open=(OFFICE,), closed=(HOLIDAYS,)))
    assert not windows.ever(Windows(zone=zone, open=(OFFICE,), closed=(weekly("Mon-Fri"),)))
    assert not windows.ever(Windows(zone=zone, open=(past,), closed=(past,)))
