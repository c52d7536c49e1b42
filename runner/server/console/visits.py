"""One request, of a guest or of somebody who is logged in, and what answers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from runner.server import rows
from runner.server.console import forms, pages
from runner.server.routes.envelopes import Answer
from runner.server.rows import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.answers import RefusalError
    from runner.server.console.sessions import Session, Sessions
    from runner.server.routes.desk import Site
    from runner.server.routes.transport import Call

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a watch has to tell now, how long until the next look, and whether there is none."""

    content: bytes
    wait: float
    over: bool = False


class Watch(Protocol):
    """Something that goes on: what is looked at again and again for one open page."""

    def look(self) -> Look:
        """Return what is new since the last look. May block, and is never called twice at once."""
        ...


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A request at an instant (seconds since 1970); `names` are the parts of its path that vary."""

    site: Site
    sessions: Sessions
    call: Call
    names: Mapping[str, str]
    now: int

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """Return the fields of the query string."""
        return forms.read(self.call.query)

    def number(self, name: str) -> int:
        """Return a number in the path."""
        return forms.offset(self.names, name)


@dataclass(frozen=True, kw_only=True)
class Visit(Guest):
    """A request of somebody who is logged in."""

    session: Session

    @cached_property
    def caller(self) -> Caller:
        """Return who visits, as the service knows callers."""
        return Caller(user=self.session.user, launch_mode=rows.BY_WEB)

    def page(self, template: str, values: Mapping[str, object], status: int = 200) -> Answer:
        """Return a page for whoever visits."""
        return page(template, {**values, **known(self.session)}, status)


def known(session: Session | None) -> dict[str, object]:
    """Return what every page says of who looks at it."""
    if session is None:
        return {"user": "", "token": ""}
    return {"user": session.user, "token": session.token}


def page(template: str, values: Mapping[str, object], status: int = 200) -> Answer:
    """Return a page."""
    return Answer(status=status, body=pages.encoded(template, values), kind=pages.KIND)


def moved(address: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer that leads to another page."""
    return Answer(status=303, body=b"", headers={"Location": address, **(headers or {})}, kind=TEXT)


def refused(refusal: RefusalError, session: Session | None, status: int | None = None) -> Answer:
    """Return the page that tells of a refusal."""
    values = {**known(session), "refusal": refusal}
    return page("refusal.html", values, status or refusal.code.http)
