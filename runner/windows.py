"""When jobs may start: the hours that a policy opens and closes, by the wall clock of a zone.

What the wall clock shows twice or never is read so that less is open. A time that it skips is the
instant at which it jumps. A time that it shows twice is the later of the two where an open range
begins or a closed one ends, and the earlier where an open range ends or a closed one begins.

The zones are those of the package `tzdata` alone, the same on every machine.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from runner.terms import Dated, Weekly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from runner.terms import Opening, Windows

_PACKAGE = "tzdata"
NEVER = datetime.max.replace(tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = 24 * 60
# What does not open in as many days opens in no other week, unless a dated range begins or ends:
# a change of the clock only ever closes more.
_ROUND = timedelta(days=35)
_WEEK = range(-2, 10)  # days around one, on which a range that comes next may begin
_ANCIENT = datetime(2000, 1, 1, tzinfo=UTC)

_NAME = f"(?:{'|'.join(DAYS)})"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_WEEKLY = re.compile(
    rf"(?P<days>{_NAME}(?:-{_NAME})?(?:,{_NAME}(?:-{_NAME})?)*)"
    rf"(?: (?P<begins>{_TIME})-(?P<ends>{_TIME}|24:00))?"
)
_WALL = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")

_Range: TypeAlias = tuple[datetime, datetime]  # in UTC, the end exclusive; may be empty


def weekly(text: str) -> Weekly | None:
    """Return the hours that "Mon-Fri 09:00-17:00" or "Sat,Sun" are; None where it says none."""
    found = _WEEKLY.fullmatch(text)
    if found is None or (found["begins"] and found["begins"] == found["ends"]):
        return None
    days = {day for part in found["days"].split(",") for day in _days(part)}
    return Weekly(
        days=tuple(sorted(days)),
        begins=_minutes(found["begins"] or "00:00"),
        ends=_minutes(found["ends"] or "24:00"),
    )


def dated(begins: str, ends: str) -> Dated | None:
    """Return the stretch of time between two wall-clock times; None where it is none."""
    first, last = _wall(begins), _wall(ends)
    if first is None or last is None or first >= last:
        return None
    return Dated(begins=begins, ends=ends)


def known(zone: str) -> bool:
    """Tell whether the IANA data base has a zone of that name."""
    return zone in zones()


@lru_cache(maxsize=2)
def zones(package: str = _PACKAGE) -> frozenset[str]:
    """Return the names of all time zones; none where their package is not installed."""
    return frozenset(
        name
        for folder in _folders(package)
        for name in (folder / "zones").read_text("utf-8").split()
    )


def ever(windows: Windows) -> bool:
    """Tell whether there is an instant, from the year 2000 on, at which jobs may start."""
    return shut(windows, _ANCIENT) != NEVER


def shut(windows: Windows, at: datetime) -> datetime | None:
    """Return None where jobs may start at that instant, else when they may next; or NEVER."""
    zone, at = _zone(windows.zone), at.astimezone(UTC)
    edges = {edge for each in _dated(windows) for edge in _edges(zone, each) if edge > at}
    for since in (at, *sorted(edges)):
        found = _opens(zone, windows, since)
        if found is not None:
            return None if found == at else found
    return NEVER


def _opens(zone: ZoneInfo, windows: Windows, since: datetime) -> datetime | None:
    """Return the first instant at which jobs may start; None where the next weeks have none."""
    now = since
    while now < since + _ROUND:
        until = now + timedelta(days=7)
        closed = [*_around(zone, windows.closed, now)]
        opens = [*_around(zone, windows.open, now, opens=True)]
        while now < until:
            ends = [end for begin, end in closed if begin <= now < end]
            if ends:
                now = max(ends)
            elif not windows.open or any(begin <= now < end for begin, end in opens):
                return now
            else:
                now = min((begin for begin, end in opens if now < begin < end), default=until)
    return None


# ---------------------------------------------------------------- texts


def _days(part: str) -> Iterator[int]:
    first, _, last = part.partition("-")
    begin = DAYS.index(first)
    for step in range((DAYS.index(last or first) - begin) % 7 + 1):
        yield (begin + step) % 7


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _wall(text: str) -> datetime | None:
    if _WALL.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- ranges


def _dated(windows: Windows) -> Iterator[Dated]:
    yield from (each for each in (*windows.open, *windows.closed) if isinstance(each, Dated))


def _edges(zone: ZoneInfo, each: Dated) -> Iterator[datetime]:
    """Yield when a range begins and ends: with that, what the weeks are like may change."""
    for wall in (each.begins, each.ends):
        yield _instant(zone, datetime.fromisoformat(wall), later=True)


def _around(
    zone: ZoneInfo, openings: tuple[Opening, ...], at: datetime, *, opens: bool = False
) -> Iterator[_Range]:
    """Yield every range that holds an instant, or of those behind it the next ones."""
    today = at.astimezone(zone).date()
    for each in openings:
        for begins, ends in _walls(each, today):
            yield (
                _instant(zone, begins, later=opens),
                _instant(zone, ends, later=not opens),
            )


def _walls(each: Opening, today: date) -> Iterator[tuple[datetime, datetime]]:
    if isinstance(each, Dated):
        yield datetime.fromisoformat(each.begins), datetime.fromisoformat(each.ends)
        return
    length = each.ends - each.begins
    for offset in _WEEK:
        day = today + timedelta(days=offset)
        if day.weekday() in each.days:
            begins = datetime.combine(day, datetime.min.time()) + timedelta(minutes=each.begins)
            yield begins, begins + timedelta(minutes=length if length > 0 else length + _DAY)


def _instant(zone: ZoneInfo, wall: datetime, *, later: bool) -> datetime:
    """Return when the wall clock of a zone shows a time."""
    one, other = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if one <= other:
        return other if later else one
    # It never does: `other` is before the jump, `one` behind it.
    offset = one.astimezone(zone).utcoffset()
    before, behind = int(other.timestamp()), int(one.timestamp())
    while behind - before > 1:
        middle = (before + behind) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            behind = middle
        else:
            before = middle
    return datetime.fromtimestamp(behind, UTC)


# ---------------------------------------------------------------- zones


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """Return a zone by the package's data: that of the system may be of another year."""
    if not known(name):
        raise ValueError(f"there is no time zone {name}")
    # Few policies have windows, and this takes a while to load.
    maker: type[ZoneInfo] = importlib.import_module("zoneinfo").ZoneInfo
    (folder,) = _folders(_PACKAGE)
    with (folder / "zoneinfo" / name).open("rb") as file:
        return maker.from_file(file, key=name)


def _folders(package: str) -> Iterator[Path]:
    found = importlib.util.find_spec(package)
    for folder in () if found is None else found.submodule_search_locations or ():
        yield Path(folder)
