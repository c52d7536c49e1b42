"""The list of jobs: what is asked for, a page of it, and the page that keeps itself up to date."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import access
from runner.server.console import forms, live, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.console.visits import Visit, Watch
    from runner.server.routes.envelopes import Answer
    from runner.server.views import JobView

_BUSY = frozenset({Status.RUNNING, Status.STOPPING})


def show(visit: Visit) -> Answer:
    """Return the page."""
    values, _ = _values(visit)
    return visit.page("jobs.html", values)


def watch(visit: Visit) -> Watch:
    """Return what keeps the page up to date."""

    def parts() -> tuple[Mapping[str, str], bool]:
        values, busy = _values(visit)
        return {"jobs": pages.made("parts/jobs.html", values)}, busy

    return live.PartsWatch(parts)


def _values(visit: Visit) -> tuple[dict[str, object], bool]:
    fields = visit.fields
    found, page = _found(visit)
    known = visit.site.inventory()
    values = {
        "fields": fields,
        "jobs": found,
        "page": page,
        "newer": _other(fields, page.number - 1) if page.number > 1 else None,
        "older": _other(fields, page.number + 1) if page.number < page.last else None,
        "events": "/events" + forms.written(fields),
        "scopes": tuple(known.scopes[each] for each in access.visible(known, visit.caller)),
        "states": tuple(Status),
        "now": time.time_ns() // 1_000_000,
    }
    return values, any(each.status in _BUSY for each in found)


def _other(fields: Mapping[str, str], page: int) -> str:
    return "/" + forms.written(fields, page=page)


def _found(visit: Visit) -> tuple[tuple[JobView, ...], forms.Page]:
    wanted = forms.jobs(visit.fields)
    page = forms.Page(wanted=forms.page(visit.fields), length=forms.JOBS, total=1)
    offset = (page.wanted - 1) * forms.JOBS
    with visit.site.services.one() as service:
        found, total = service.jobs(visit.caller, wanted, offset=offset, length=forms.JOBS)
        page = forms.Page(wanted=page.wanted, length=forms.JOBS, total=total)
        if page.offset != offset:
            found, _ = service.jobs(visit.caller, wanted, offset=page.offset, length=forms.JOBS)
    return found, page
