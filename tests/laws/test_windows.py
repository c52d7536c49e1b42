"""Laws of windows: what is open is in no closed range, and the wall clock agrees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import windows
from runner.terms import Dated, Opening, Weekly, Windows

pytestmark = pytest.mark.laws

# Days on which the clock of a zone goes on, goes back, or leaves a day out.
CHANGES = (
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("Asia/Kathmandu", "2026-01-01"),
    ("Pacific/Apia", "2011-12-30"),
    ("UTC", "2026-06-01"),
)
MINUTE = timedelta(minutes=1)
DAYS = st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(sorted).map(tuple)
# Most of them near the hours at which clocks change.
MINUTES = st.one_of(st.integers(0, 1439), st.integers(0, 16).map(lambda part: part * 15))


def weeklies() -> st.SearchStrategy[Opening]:
    """Return any hours that come again."""
    return st.builds(Weekly, days=DAYS, begins=MINUTES, ends=st.one_of(MINUTES, st.just(1440)))


def dates(around: datetime) -> st.SearchStrategy[Opening]:
    """Return any stretch of time near a day."""
    return st.tuples(st.integers(-3000, 3000), st.integers(1, 4000)).map(
        lambda pair: Dated(
            begins=(around + pair[0] * MINUTE).strftime("%Y-%m-%dT%H:%M"),
            ends=(around + (pair[0] + pair[1]) * MINUTE).strftime("%Y-%m-%dT%H:%M"),
        )
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Windows, datetime]:
    """Return some windows, and an instant near a change of their zone's clock."""
    zone, day = draw(st.sampled_from(CHANGES))
    noon = datetime.fromisoformat(f"{day}T12:00")
    openings = st.lists(st.one_of(weeklies(), dates(noon)), max_size=3).map(tuple)
    at = noon.replace(tzinfo=UTC) + draw(st.integers(-2880, 2880)) * MINUTE
    return Windows(zone=zone, open=draw(openings), closed=draw(openings)), at


def within(opening: Opening, wall: datetime) -> bool:
    """Tell whether a range holds what the wall clock shows, and nothing else."""
    if isinstance(opening, Dated):
        return opening.begins <= wall.strftime("%Y-%m-%dT%H:%M") < opening.ends
    minute, today, before = wall.hour * 60 + wall.minute, wall.weekday(), (wall.weekday() - 1) % 7
    if opening.begins < opening.ends:
        return today in opening.days and opening.begins <= minute < opening.ends
    late = today in opening.days and opening.begins <= minute
    return late or (before in opening.days and minute < opening.ends)


def naive(found: Windows, at: datetime) -> bool:
    """Tell whether jobs may start, by nothing but what the wall clock shows."""
    wall = at.astimezone(windows._zone(found.zone))
    opens = not found.open or any(within(each, wall) for each in found.open)
    return opens and not any(within(each, wall) for each in found.closed)


def once(zone: str, at: datetime) -> bool:
    """Tell whether the wall clock shows that time a single time, and so on the day before it."""
    walls = [at.astimezone(windows._zone(zone)).replace(tzinfo=None, fold=0)]
    offsets = {
        wall.replace(tzinfo=windows._zone(zone), fold=fold).utcoffset()
        for wall in walls
        for fold in (0, 1)
    }
    return len(offsets) == 1


@given(cases())
@settings(max_examples=40)
def test_the_wall_clock_agrees(case: tuple[Windows, datetime]) -> None:
    """It is open as the wall clock says, and no oftener in an hour that comes twice."""
    found, at = case
    for step in range(0, 240, 11):
        now = at + step * MINUTE
        opened = windows.shut(found, now) is None
        if once(found.zone, now):
            assert opened == naive(found, now)
        else:
            assert naive(found, now) or not opened


@given(cases())
@settings(max_examples=40)
def test_it_opens_when_it_is_said_to(case: tuple[Windows, datetime]) -> None:
    """The instant that is told is open, and nothing is between now and then."""
    found, at = case
    opens = windows.shut(found, at)
    if opens is None:
        return
    assert opens > at
    assert opens == windows.NEVER or windows.shut(found, opens) is None
    last = min(opens, at + timedelta(days=9))
    for part in range(12):
        assert windows.shut(found, at + (last - at) * part / 12) == opens
    assert windows.shut(found, last - timedelta(seconds=1)) == opens


@given(cases(), weeklies())
@settings(max_examples=40)
def test_more_that_is_closed_opens_nothing(case: tuple[Windows, datetime], more: Opening) -> None:
    """A closed range more never lets a job start, nor earlier; an open one more never later."""
    found, at = case
    now = windows.shut(found, at) or at
    closed = Windows(zone=found.zone, open=found.open, closed=(*found.closed, more))
    opened = Windows(zone=found.zone, open=(*found.open, more), closed=found.closed)

    assert (windows.shut(closed, at) or at) >= now
    assert not found.open or (windows.shut(opened, at) or at) <= now
    assert windows.shut(closed, at) is not None or not within(
        more, at.astimezone(windows._zone(found.zone))
    )
