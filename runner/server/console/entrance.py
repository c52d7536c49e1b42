"""Logging in and out."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.server.answers import RefusalError
from runner.server.console import forms, visits
from runner.server.logins import TooSoonError

if TYPE_CHECKING:
    from runner.server.console.visits import Guest, Visit
    from runner.server.routes.envelopes import Answer

LOGIN = "/login"


def form(guest: Guest) -> Answer:
    """Return the form; whoever is logged in needs none."""
    header = guest.call.headers.get("cookie", "")
    if guest.sessions.read(header, guest.site.inventory(), guest.now) is not None:
        return visits.moved("/")
    return _form("", None)


def enter(guest: Guest) -> Answer:
    """Log in by what the form says."""
    fields = forms.exact(guest.call.body)
    name, password = fields.get("name", ""), fields.get("password", "")
    known = guest.site.inventory()
    logins, peer = guest.site.gate.logins, guest.call.peer
    try:
        caller = logins.person(known, (name, password), peer, time.monotonic())
    except TooSoonError as error:
        return replace(_form(name, error), headers={"Retry-After": str(math.ceil(error.wait))})
    except RefusalError as error:
        return _form(name, error)
    session = guest.sessions.begin(known.members[caller.user], guest.now)
    return visits.moved("/", {"Set-Cookie": guest.sessions.cookie(session)})


def leave(visit: Visit) -> Answer:
    """Log out."""
    visit.sessions.end(visit.session, visit.now)
    return visits.moved(LOGIN, {"Set-Cookie": visit.sessions.no_cookie()})


def _form(name: str, refusal: RefusalError | None) -> Answer:
    values = {**visits.known(None), "name": name, "refusal": refusal}
    return visits.page("login.html", values, 200 if refusal is None else refusal.code.http)
