"""Orders to a job: the page that says what one will do, and the order itself, once confirmed.

What is confirmed is bound to the point at which the job was seen; the engine refuses it at another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.server import access
from runner.server.answers import RefusalError
from runner.server.console import forms, job, offers, visits
from runner.server.states import JobOperation

if TYPE_CHECKING:
    from runner.server.answers import Point
    from runner.server.console.offers import Offer
    from runner.server.console.visits import Visit
    from runner.server.routes.envelopes import Answer
    from runner.server.service import Service


def ask(visit: Visit) -> Answer:
    """Return the page that says what an order will do."""
    offer = offers.named(visit.names["operation"])
    with visit.site.services.one() as service:
        whole = job.found(visit, service)
    access.may_operate(visit.site.inventory(), visit.caller, whole.job.scope)
    try:
        offers.check(offer, whole)
    except RefusalError as refusal:
        return job.show(visit, refusal)
    values = {
        "job": whole.job,
        "step": whole.step,
        "offer": offer,
        "consequences": offers.consequences(offer, whole),
        "here": f"/jobs/{whole.job.id}",
    }
    return visit.page("confirm.html", values)


def carry_out(visit: Visit) -> Answer:
    """Carry out what was confirmed, and lead back to the job; or tell there why not."""
    fields = forms.exact(visit.call.body)
    try:
        offer = offers.named(fields.get("operation", ""))
        seen = forms.point(fields)
        with visit.site.services.one() as service:
            _order(visit, service, offer, seen)
    except RefusalError as refusal:
        return job.show(visit, refusal)
    visit.site.wake()
    return visits.moved(f"/jobs/{visit.number('job')}")


def _order(visit: Visit, service: Service, offer: Offer, seen: Point) -> None:
    whole = job.found(visit, service)
    scope = whole.job.scope
    if isinstance(offer.operation, JobOperation):
        service.operate_job(visit.caller, scope, whole.job.id, offer.operation, seen)
    else:
        ids = whole.job.id, whole.step.id
        service.operate_step(visit.caller, scope, ids, offer.operation, seen)
