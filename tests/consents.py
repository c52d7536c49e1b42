"""Evidence for tests: one change, and everything that can be given for it, all of it in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from runner import instants
from runner.evidence import Approval, Evidence, Glass, Review, Revocation
from runner.model import Change, Policy, Symbol
from runner.terms import BreakGlass, Person, Team
from tests import values
from tests.values import Wish

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
GIVEN = "2026-01-14T12:00:00Z"  # when all of it was
SINCE = "2026-01-10T12:00:00Z"  # when the last submission was announced
JOB = values.job(Wish(change={"reason": "tidy", "ticket": "CHG1"}))
CHANGE = Change(
    job=JOB.id,
    symbol=Symbol.ALTERED,
    after=values.key(),
    digest=JOB.digest,
    effect=JOB.effect,
    via=(),
    runs=True,
    had=None,
    wanted=JOB,
)
NOTHING = Evidence(approvals=(), touched_by=frozenset(), since=SINCE)


def person(name: str) -> Person:
    """Return a person with an address and two accounts, their name in capitals and another."""
    accounts = (("github", name.upper()), ("github", f"{name}-2"), ("gitlab", f"{name}-gl"))
    return replace(values.person(name), accounts=accounts)


PEOPLE = tuple(map(person, ("ann", "ben", "cam", "dee")))
POLICY = Policy(
    platforms=(values.LOCAL,),
    people=PEOPLE,
    clauses=(),
    teams=(
        Team(name="sre", members=("ann", "ben"), accounts=(("github", "Acme/SRE"),)),
        Team(name="far", accounts=(("github", "acme/far"),)),
    ),
    break_glass=BreakGlass(people=("ann", "far"), hours=24),
    days=7,
)


def at(instant: datetime, **shift: int) -> str:
    """Return an instant some time later, as it is written."""
    return instants.written(instant + timedelta(**shift))


def approval(by: str = "ann", change: Change = CHANGE) -> Approval:
    """Return a person's signature over a change."""
    given = values.approval(by, job=change.job, digest=change.digest, after=change.after)
    return replace(given, at=GIVEN)


def revocation(by: str = "ann", at: str = GIVEN, change: Change = CHANGE) -> Revocation:
    """Return a person's word that they take it back."""
    return Revocation(ledger=values.LEDGER, job=change.job, digest=change.digest, by=by, at=at)


def glass(by: str = "ann", change: Change = CHANGE) -> Glass:
    """Return a person's signature that breaks the glass."""
    return Glass(approval=approval(by, change), reason="the disk is full")


def review(account: str = "ann", number: int = 1, change: Change = CHANGE) -> Review:
    """Return a review that counts."""
    return Review(
        forge="github",
        pull=12,
        number=number,
        account=account,
        person=True,
        state="approved",
        at=GIVEN,
        commit=values.commit("reviewed"),
        opener="dee",
        retargeted="",
        held=True,
        digest=change.digest,
        base=values.digest("base"),
        makers=frozenset({"dee@example.org"}),
    )
