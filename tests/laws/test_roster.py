"""Laws of who is who: an address or an account is never two people's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import clauses, roster
from runner.model import Policy
from runner.terms import Person
from tests import policies

pytestmark = pytest.mark.laws

LOGINS = st.sampled_from(["ann", "Ann", "ben", "ann-l"])
ADDRESSES = st.one_of(
    st.sampled_from(["ann@example.org", "ANN@example.org", "ben@example.org"]),
    LOGINS.map("{}@users.noreply.github.com".format),
    st.tuples(st.sampled_from("179"), LOGINS).map(
        lambda pair: f"{pair[0]}+{pair[1]}@users.noreply.github.com"
    ),
)
PEOPLE = st.lists(
    st.builds(
        Person,
        name=st.sampled_from(["ann", "ben", "cam"]),
        emails=st.lists(ADDRESSES, max_size=2).map(tuple),
        accounts=st.lists(st.tuples(st.sampled_from(["github", "gitlab"]), LOGINS), max_size=2).map(
            tuple
        ),
    ),
    max_size=3,
    unique_by=lambda person: person.name,
).map(tuple)
DOCUMENT = policies.document("people: {ann: {}, ben: {}, cam: {}}\n")


@given(PEOPLE, ADDRESSES, LOGINS)
@settings(max_examples=150)
def test_nobody_is_two(people: tuple[Person, ...], address: str, login: str) -> None:
    """In a policy without clashes the order of people makes no difference to who somebody is."""
    if roster.clashes(DOCUMENT, people):
        return
    policy = Policy(platforms=(), people=people, clauses=())
    turned = Policy(platforms=(), people=people[::-1], clauses=())

    assert clauses.person_of(policy, address) == clauses.person_of(turned, address)
    for forge in ("github", "gitlab"):
        found = clauses.person_by_account(policy, forge, login)
        assert found == clauses.person_by_account(turned, forge, login)
    owner = clauses.person_by_account(policy, "github", login)
    private = clauses.person_of(policy, f"12345+{login}@users.noreply.github.com")
    assert owner is None or private == owner


@given(PEOPLE)
@settings(max_examples=100)
def test_all_that_is_said_of_a_person_is_theirs(people: tuple[Person, ...]) -> None:
    """Without clashes each address and account leads back to whoever it was given to."""
    if roster.clashes(DOCUMENT, people):
        return
    policy = Policy(platforms=(), people=people, clauses=())
    for person in people:
        for email in person.emails:
            assert clauses.person_of(policy, email) == person.name
        for forge, login in person.accounts:
            assert clauses.person_by_account(policy, forge, login) == person.name
