"""`whose`: whom addresses, accounts, teams and owners mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import whose
from runner.terms import ForgeEntry, Person, Team
from tests import consents as made

PEOPLE = whose.people(made.POLICY, frozenset({("far", "cam"), ("far", "eve"), ("other", "dee")}))
FORGE = ForgeEntry(name="gitlab", url="", repository="acme/ops", token="")


@pytest.mark.parametrize(
    ("login", "expected"), [("ann", "ann"), ("aNN-2", "ann"), ("ann-gl", None), ("eve", None)]
)
def test_account(login: str, expected: str | None) -> None:
    """An account is a person's on its own forge, in whatever case."""
    assert PEOPLE.with_account("github", login) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ann@example.org", {"ann"}),
        ("Ann@Example.ORG", {"ann"}),
        ("eve@example.org", set()),
        ("ann@users.noreply.github.com", {"ann"}),
        ("12345+Ann-2@users.noreply.github.com", {"ann"}),
        ("12345+ann-gl@users.noreply.git.example.org", {"ann"}),
        ("12345+eve@users.noreply.github.com", set()),
        ("x12+ann@users.noreply.github.com", set()),
        ("ann@noreply.github.com", set()),
    ],
)
def test_address(address: str, expected: set[str]) -> None:
    """A private address that a forge made up is that of the account in it."""
    assert PEOPLE.with_address(address) == expected


def test_a_private_address_may_be_of_two() -> None:
    """Who lists it, and whose login is in it: neither has made nothing."""
    listed = Person(name="fay", emails=("ann@users.noreply.github.com",))
    people = whose.people(replace(made.POLICY, people=(*made.PEOPLE, listed)))

    assert people.with_address("ann@users.noreply.github.com") == {"ann", "fay"}


def test_makers() -> None:
    """All whose addresses they are; strangers are nobody."""
    assert PEOPLE.makers(["ann@example.org", "x@example.org", "BEN@example.org"]) == {"ann", "ben"}
    assert PEOPLE.makers([]) == frozenset()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ann", {"ann"}), ("sre", {"ann", "ben"}), ("far", {"cam"}), ("eve", set()), ("other", set())],
)
def test_called(name: str, expected: set[str]) -> None:
    """A name is a person's or a team's; only those whom the policy lists are anybody."""
    assert PEOPLE.called([name]) == expected
    assert PEOPLE.called([name, "dee"]) == expected | {"dee"}


def test_a_name_of_both_means_both() -> None:
    """A team that has a person's name does not take their place."""
    team = Team(name="ann", members=("ben",))
    people = whose.people(replace(made.POLICY, teams=(team,)))

    assert people.called(["ann"]) == {"ann", "ben"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ann", {"ann"}),
        ("@ANN-2", {"ann"}),
        ("@ann-gl", {"ann"}),
        ("@eve", set()),
        ("ann@example.org", {"ann"}),
        ("@acme/sre", {"ann", "ben"}),
        ("@Acme/Far", {"cam"}),
        ("@acme/none", set()),
    ],
)
def test_owner(text: str, expected: set[str]) -> None:
    """CODEOWNERS means accounts, teams and addresses; without a forge, on any."""
    assert PEOPLE.owner(text) == expected


def test_owners_are_those_of_the_policys_forge() -> None:
    """Where the policy names one, an account elsewhere is somebody else's."""
    people = whose.people(replace(made.POLICY, forge=FORGE))

    assert people.owner("@ann-gl") == {"ann"}
    assert people.owner("@ann") == frozenset()
    assert people.owner("@acme/sre") == frozenset()
