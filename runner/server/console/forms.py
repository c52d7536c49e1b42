"""Query strings and forms into what they ask for: pure. What cannot be read is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from runner.progress import Status
from runner.server import answers
from runner.server.states import HostStatus
from runner.server.views import HostFilter, JobFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.answers import Point

FIELDS = 50  # of a query string or a form
JOBS, HOSTS = 50, 100  # rows a page
_MOST = 10**12  # above every number that anything has
_TEXT = 512  # characters
_MINUTE = len("2026-01-31T12:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list of `total` rows, `length` of which are on a page; `number` counts from 1.

    Past the end it is the last page.
    """

    wanted: int
    length: int
    total: int

    @property
    def last(self) -> int:
        """Return the number of the last page."""
        return max(-(-self.total // self.length), 1)

    @property
    def number(self) -> int:
        """Return the number of this page."""
        return min(self.wanted, self.last)

    @property
    def offset(self) -> int:
        """Return how many rows come before."""
        return (self.number - 1) * self.length

    @property
    def text(self) -> str:
        """Return which rows of how many are on it."""
        if not self.total:
            return "none"
        end = min(self.offset + self.length, self.total)
        return f"{self.offset + 1:,} to {end:,} of {self.total:,}"


def read(text: str) -> Mapping[str, str]:
    """Return the fields of a query string or a form, the last of each name, without empty ones."""
    try:
        pairs = parse_qsl(text, max_num_fields=FIELDS)
    except ValueError as error:
        raise answers.field(f"it has more than {FIELDS} fields", "use the forms") from error
    return {name: value.strip()[:_TEXT] for name, value in pairs if value.strip()}


def exact(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form as they were sent, the last of each name."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS
        )
    except ValueError as error:
        raise answers.field(f"it has more than {FIELDS} fields", "use the forms") from error
    return dict(pairs)


def written(fields: Mapping[str, str], **other: str | int | None) -> str:
    """Return the query string of fields, some of them with another value, None for without."""
    merged = {**fields, **{name: str(value) for name, value in other.items() if value is not None}}
    gone = {name for name, value in other.items() if value is None}
    text = urlencode({name: value for name, value in merged.items() if name not in gone})
    return f"?{text}" if text else ""


def jobs(fields: Mapping[str, str]) -> JobFilter:
    """Return which jobs are asked for."""
    scope = fields.get("scope", "")
    kind, slash, number = scope.partition("/")
    if scope and not slash:
        raise answers.field("`scope` is no scope", "write it like biz/2")
    state = _number(fields, "state", 0)
    return JobFilter(
        scopes=((kind, number),) if scope else None,
        name=fields.get("name", ""),
        operator=fields.get("operator", ""),
        ip=fields.get("ip", ""),
        status=_status(state) if state else None,
        since=_instant(fields, "from", whole=0),
        until=_instant(fields, "to", whole=59_999),
    )


def hosts(fields: Mapping[str, str]) -> HostFilter:
    """Return which hosts of a job are asked for."""
    batch = _number(fields, "batch", 0)
    status: HostStatus | None = None
    if "state" in fields:
        try:
            status = HostStatus(_number(fields, "state", 0))
        except ValueError as error:
            raise answers.field("`state` is no state of a host", "choose one") from error
    return HostFilter(batch=batch or None, statuses=None if status is None else (status,))


def page(fields: Mapping[str, str]) -> int:
    """Return the number of the page that is asked for, from 1."""
    return max(_number(fields, "page", 1), 1)


def offset(fields: Mapping[str, str], name: str) -> int:
    """Return a number of bytes or runs, 0 where none is named."""
    return _number(fields, name, 0)


def point(fields: Mapping[str, str]) -> Point:
    """Return how far the job had got where something was confirmed. Both must be there."""
    if "batch" not in fields or "count" not in fields:
        raise answers.field("it does not say what was confirmed", "confirm it on the job's page")
    return _number(fields, "batch", 0), _number(fields, "count", 0)


def _number(fields: Mapping[str, str], name: str, absent: int) -> int:
    text = fields.get(name)
    if text is None:
        return absent
    if not (text.isascii() and text.isdecimal()) or int(text) > _MOST:
        raise answers.field(f"`{name}` is no number that it can be", "write a whole number from 0")
    return int(text)


def _status(number: int) -> Status:
    try:
        return Status(number)
    except ValueError as error:
        raise answers.field("`state` is no state of a job", "choose one") from error


def _instant(fields: Mapping[str, str], name: str, *, whole: int) -> int | None:
    """Return milliseconds since 1970; `whole` are those that a minute without seconds ends after.

    A time zone is not read: every instant is in UTC.
    """
    text = fields.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise answers.field(
            f"`{name}` is no instant", "write it like 2026-01-31T12:00, in UTC"
        ) from error
    return int(moment.timestamp()) * 1000 + (whole if len(text) == _MINUTE else 0)
