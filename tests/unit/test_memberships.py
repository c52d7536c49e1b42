"""Which teams a forge is asked about: those that somebody could be asked for, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.model import POLICY, Change, Policy, Symbol
from runner.pipeline import memberships
from runner.pipeline.recollection import FRESH, Recollection
from runner.terms import BreakGlass, Clause, Owned, Team
from tests import consents as made
from tests import journals, values
from tests.values import Wish

TEAMS = tuple(
    Team(name=name, accounts=(("github", f"Acme/{name}"),))
    for name in ("sre", "dba", "web", "ops", "none")
)
OTHER = Clause(name="other", paths=("elsewhere/**",), count=1, people=("web",))


CLAUSE = Clause(name="all", paths=("**",), count=1, people=("ann", "sre"))


def policy(*clauses: Clause) -> Policy:
    """Return a policy with all the teams, and these clauses beside one that matches nothing."""
    return replace(made.POLICY, teams=TEAMS, clauses=(OTHER, *clauses), break_glass=None)


def test_the_teams_of_a_matching_clause_are_asked() -> None:
    """What does not match asks nobody, and a person is no team."""
    assert memberships.teams(policy(CLAUSE), made.CHANGE) == {"sre"}
    assert memberships.teams(policy(), made.CHANGE) == frozenset()


def test_a_clause_is_looked_at_with_the_job_as_it_was_too() -> None:
    """A job that was moved out of a clause is still judged by it."""
    ledger = journals.submitted(journals.begun()[1], values.job(Wish(path="elsewhere/a.yaml")))
    had = next(iter(ledger.jobs.values()))
    change = replace(made.CHANGE, had=had)
    assert memberships.teams(policy(CLAUSE), change) == {"sre", "web"}


def test_those_who_may_break_the_glass_are_asked() -> None:
    """Whoever may do without approvals may be somebody whom the forge has in a team."""
    broken = replace(policy(CLAUSE), break_glass=BreakGlass(people=("ops", "ben"), hours=2))
    assert memberships.teams(broken, made.CHANGE) == {"sre", "ops"}


@pytest.mark.parametrize(
    ("asked", "found"), [(True, {"sre", "dba"}), (False, {"sre"})], ids=["owners", "people"]
)
def test_teams_that_own_a_file_are_asked_where_owners_are(*, asked: bool, found: set[str]) -> None:
    """CODEOWNERS names teams as the forge does, in whatever case; who owns nothing is not asked."""
    owned = (
        Owned(pattern="*", owners=("@acme/DBA", "@ann", "x@example.org")),
        Owned(pattern="/elsewhere/", owners=("@acme/none",)),
    )
    said = replace(policy(replace(CLAUSE, owners=asked)), owned=owned)
    assert memberships.teams(said, made.CHANGE) == found


def test_of_the_policy_its_own_files_are_looked_at() -> None:
    """A clause for jobgate.yaml is one for the change of the policy, and its files have owners."""
    files = values.policy_files(made.POLICY)
    change = Change(
        job=POLICY,
        symbol=Symbol.ALTERED,
        after=None,
        digest=files.digest,
        effect=files.digest,
        via=(),
        runs=True,
        had=None,
        wanted=files,
    )
    clause = replace(CLAUSE, paths=("jobgate.yaml",), people=("ops",), owners=True)
    owned = (Owned(pattern="/jobgate.yaml", owners=("@acme/dba",)),)
    said = replace(policy(clause), owned=owned)
    assert memberships.teams(said, change) == {"ops", "dba"}
    assert memberships.teams(said, made.CHANGE) == frozenset()
    assert memberships.teams(said, replace(change, wanted=None)) == {"ops"}


def test_where_a_clause_cannot_be_judged_all_are_asked() -> None:
    """That denies, but not by way of nobody having been asked."""
    broken = replace(CLAUSE, paths=("**",), expression="((", people=("dba",))
    assert memberships.teams(policy(broken), made.CHANGE) >= {"dba"}


def test_what_a_forge_said_is_forgotten_after_a_moment() -> None:
    """Answers are kept for less than a minute, by a clock that may also go back."""
    kept = Recollection()
    first = kept.fresh(made.NOW)
    assert kept.fresh(made.NOW) is first
    assert kept.fresh(made.NOW + FRESH / 2) is first
    second = kept.fresh(made.NOW + FRESH)
    assert second is not first
    assert (second.since, second.failed) == (made.NOW + FRESH, False)
    assert kept.fresh(made.NOW) is not second
