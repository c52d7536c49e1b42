"""`roster`: who is who in a policy."""

from __future__ import annotations

from runner import clauses, roster
from runner.model import Policy
from runner.terms import Person, Team
from tests import policies

POLICY = Policy(
    platforms=(),
    clauses=(),
    people=(
        Person(name="ann", emails=("Ann@example.org",), accounts=(("github", "Ann-L"),)),
        Person(name="ben", emails=("7+ben@users.noreply.github.com",)),
        Person(name="cam", accounts=(("gitlab", "cam"),)),
    ),
)


def test_whose_an_address_is() -> None:
    """An address is whose it is said to be, or of whoever has the account that is in it."""
    found = {
        address: clauses.person_of(POLICY, address)
        for address in (
            "ANN@example.org",
            "123+ann-l@users.noreply.github.com",
            "Ann-L@users.noreply.github.com",
            "7+ben@users.noreply.github.com",
            "8+ben@users.noreply.github.com",
            "cam@users.noreply.github.com",
            "ann-l@users.noreply.example.org",
            "x+ann-l@users.noreply.github.com",
            "ann-l@users.noreply.github.com.example.org",
            "eve@example.org",
        )
    }

    assert list(found.values()) == ["ann", "ann", "ann", "ben", *[None] * 6]


def test_whose_an_account_is() -> None:
    """An account is somebody's on that forge alone, whatever its case."""
    assert clauses.person_by_account(POLICY, "github", "ANN-l") == "ann"
    assert clauses.person_by_account(POLICY, "gitlab", "cam") == "cam"
    assert clauses.person_by_account(POLICY, "github", "cam") is None
    assert clauses.person_by_account(POLICY, "gitlab", "ann-l") is None


def test_a_private_address_is_an_account() -> None:
    """One of two people that GitHub gives to the account of the other makes one of them two."""
    ann = Person(name="ann", accounts=(("github", "Ann-L"),))
    eve = Person(name="eve", emails=("123+ann-l@users.noreply.github.com",))
    document = policies.document("people: {ann: {}, eve: {}}\n")

    (found,) = roster.clashes(document, (ann, eve))
    assert (found.rule, found.place.pointer) == ("shared-identity", "/people/eve")
    assert found.message == "the github account ann-l belongs to ann and eve"
    elsewhere = Person(name="ann", accounts=(("gitlab", "ann-l"),))
    assert roster.clashes(document, (elsewhere, eve)) == []


def test_teams_are_read_in_their_order() -> None:
    """A team has members, a name on each forge, or both."""
    document = policies.document(
        "teams: {sre: {members: [ann, ben], accounts: {github: acme/sre}}, dba: {}}\n"
    )

    assert roster.teams(document) == (
        Team(name="sre", members=("ann", "ben"), accounts=(("github", "acme/sre"),)),
        Team(name="dba"),
    )
    assert roster.teams(policies.document("people: {}\n")) == ()
