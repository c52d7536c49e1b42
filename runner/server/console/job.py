"""The page of one job: what it is, how its batches and hosts stand, what may be ordered of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import access
from runner.server.answers import RefusalError
from runner.server.console import forms, live, offers, pages, visits, words
from runner.server.routes.envelopes import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.console.visits import Visit, Watch
    from runner.server.rows import HostRow
    from runner.server.service import Service, Whole
    from runner.server.views import Act

HIDDEN = "******"  # what stands for a sensitive parameter
SCRIPT = 64 * 1024  # bytes of a script that the page shows
BATCHES = 100  # that the page shows: those around the current one
PARTS = ("summary", "steering", "facts", "batches", "hosts", "acts")
_BUSY = frozenset({Status.RUNNING, Status.STOPPING})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A job with what its page shows of it."""

    whole: Whole
    hosts: tuple[HostRow, ...]
    page: forms.Page
    acts: tuple[Act, ...]


def show(visit: Visit, refusal: RefusalError | None = None) -> Answer:
    """Return the page, with a refusal to be told if there is one."""
    with visit.site.services.one() as service:
        seen = _seen(visit, service)
        content = _script(visit, service, seen.whole)
    values = {
        **_values(visit, seen),
        "refusal": refusal,
        "script": content[:SCRIPT].decode("utf-8", "replace"),
        "script_size": len(content),
        "script_shown": SCRIPT,
    }
    return visit.page("job.html", values, 200 if refusal is None else refusal.code.http)


def watch(visit: Visit) -> Watch:
    """Return what keeps the page up to date."""

    def parts() -> tuple[Mapping[str, str], bool]:
        with visit.site.services.one() as service:
            seen = _seen(visit, service)
        values = {**_values(visit, seen), **visits.known(visit.session)}
        html = {name: pages.made(f"parts/{name}.html", values) for name in PARTS}
        return html, seen.whole.job.status in _BUSY

    return live.PartsWatch(parts)


def script(visit: Visit) -> Answer:
    """Return the script as it is, to be kept."""
    with visit.site.services.one() as service:
        whole = found(visit, service)
        content = _script(visit, service, whole)
    name = f"job-{whole.job.id}-script.txt"
    return Answer(status=200, body=content, headers=attached(name), kind=visits.TEXT)


def found(visit: Visit, service: Service) -> Whole:
    """Return the job in the address. Raises RefusalError where the visitor may see none."""
    seen = service.job(visit.caller, visit.number("job"))
    return service.whole(visit.caller, seen.scope, seen.id)


def attached(name: str) -> dict[str, str]:
    """Return the header that has something kept as a file of that name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def may_operate(visit: Visit, whole: Whole) -> bool:
    """Tell whether the visitor may steer the job at all."""
    try:
        access.may_operate(visit.site.inventory(), visit.caller, whole.job.scope)
    except RefusalError:
        return False
    return True


def _seen(visit: Visit, service: Service) -> _Seen:
    whole = found(visit, service)
    scope, ids = whole.job.scope, (whole.job.id, whole.step.id)
    wanted = forms.hosts(visit.fields)
    total = sum(
        count
        for batch in whole.batches
        if wanted.batch in {None, batch.number}
        for status, count in batch.tally.items()
        if wanted.statuses is None or status in wanted.statuses
    )
    page = forms.Page(wanted=forms.page(visit.fields), length=forms.HOSTS, total=total)
    on_page = (page.offset, page.length)
    return _Seen(
        whole=whole,
        hosts=service.hosts(visit.caller, scope, ids, wanted, on_page),
        page=page,
        acts=service.acts(visit.caller, scope, whole.job.id),
    )


def _script(visit: Visit, service: Service, whole: Whole) -> bytes:
    return service.script(visit.caller, whole.job.scope, (whole.job.id, whole.step.id))


def _values(visit: Visit, seen: _Seen) -> dict[str, object]:
    whole, page, fields = seen.whole, seen.page, visit.fields
    job, step = whole.job, whole.step
    first = (max(step.batch, 1) - 1) // BATCHES * BATCHES
    here = f"/jobs/{job.id}"
    return {
        "job": job,
        "step": step,
        "param": HIDDEN if step.sensitive and step.param else step.param,
        "summary": _summary(whole),
        "batches": whole.batches[first : first + BATCHES],
        "hosts": seen.hosts,
        "page": page,
        "acts": seen.acts,
        "offers": offers.offered(whole) if may_operate(visit, whole) else (),
        "fields": fields,
        "host_states": words.HOST_STATES,
        "here": here,
        "events": f"{here}/events{forms.written(fields)}",
        "before": _other(here, fields, page.number - 1) if page.number > 1 else None,
        "after": _other(here, fields, page.number + 1) if page.number < page.last else None,
        "now": time.time_ns() // 1_000_000,
    }


def _other(here: str, fields: Mapping[str, str], page: int) -> str:
    return f"{here}{forms.written(fields, page=page)}#hosts-title"


def _summary(whole: Whole) -> str:
    step = whole.step
    if not step.batch or step.batches == 1:
        return ""
    return f"batch {step.batch} of {step.batches}"
