"""What the journal says of reviews, and what is read back of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import reviews
from runner.evidence import Grounds, Review
from runner.model import Commit, Entry, Json, Kind, LedgerId
from tests import values

REVIEW = Review(
    forge="github",
    pull=12,
    number=1001,
    account="reviewer",
    person=True,
    state="approved",
    at="2026-05-01T12:00:00Z",
    commit=values.commit(1),
    opener="author",
    retargeted="",
    held=False,
    digest=None,
    base=None,
    makers=frozenset(),
)
WHOLE = replace(
    REVIEW,
    number=1002,
    head=values.commit(2),
    merge=values.commit(3),
    retargeted="2026-04-30T12:00:00Z",
    opener="",
)
SEEN = replace(
    WHOLE, held=True, digest=values.digest(1), base=values.digest(2), makers=frozenset({"a@x"})
)


def entry(data: dict[str, Json]) -> Entry:
    """Return an entry that says this."""
    return Entry(
        v=1,
        seq=3,
        kind=Kind.STARTING,
        ledger=LedgerId("ledger"),
        platform=None,
        key=None,
        job=None,
        effect=None,
        digest=None,
        head=values.HEAD,
        runner="r",
        at="2026-05-01T12:00:00Z",
        before=None,
        data=data,
    )


def test_what_the_forge_said_is_kept_and_nothing_else() -> None:
    """Reviews come back as the forge told of them, without what Git says of their commits."""
    said = reviews.data(Grounds(reviews=(REVIEW, SEEN), kept=values.commit(9)))
    assert reviews.named(entry(said)) == (REVIEW, WHOLE)
    assert reviews.kept(entry(said)) == values.commit(9)
    assert reviews.members(entry(said)) == frozenset()


def test_members_are_kept_in_order() -> None:
    """Who was in which team is written in one order, whatever order it came in."""
    told = frozenset({("sre", "ben"), ("dba", "ann"), ("sre", "ann")})
    said = reviews.data(Grounds(members=told))
    assert said == {
        "members": [
            {"person": "ann", "team": "dba"},
            {"person": "ann", "team": "sre"},
            {"person": "ben", "team": "sre"},
        ]
    }
    assert reviews.members(entry(said)) == told


def test_without_reviews_nothing_is_said() -> None:
    """An entry that rests on signatures alone is as it always was, and an older one is read."""
    assert reviews.data(Grounds()) == {}
    assert reviews.named(entry({})) == ()
    assert reviews.members(entry({})) == frozenset()
    assert reviews.kept(entry({})) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "changes"),
        ("state", None),
        ("number", "12"),
        ("pull", None),
        ("commit", None),
        ("commit", 7),
        ("account", None),
        ("at", None),
        ("forge", None),
        ("head", 3),
    ],
)
def test_what_is_malformed_is_refused(name: str, value: Json) -> None:
    """A review that lacks something, or is no approval, is none."""
    said = reviews.data(Grounds(reviews=(WHOLE,)))["reviews"]
    assert isinstance(said, list)
    (tree,) = said
    assert isinstance(tree, dict)
    with pytest.raises((ValueError, TypeError, KeyError)):
        reviews.named(entry({"reviews": [{**tree, name: value}]}))


@pytest.mark.parametrize("wrong", [{"reviews": "x"}, {"reviews": [3]}])
def test_what_is_no_list_of_reviews_is_refused(wrong: dict[str, Json]) -> None:
    """Nothing is read into another shape."""
    with pytest.raises((ValueError, TypeError, KeyError)):
        reviews.named(entry(wrong))


@pytest.mark.parametrize("wrong", [{"members": [{"team": "a"}]}, {"members": [{"person": "a"}]}])
def test_half_a_membership_is_refused(wrong: dict[str, Json]) -> None:
    """A team without a person, or a person without a team, is nobody's membership."""
    with pytest.raises(KeyError):
        reviews.members(entry(wrong))


def test_commits_are_commits() -> None:
    """What is absent is None, and no empty commit."""
    (found,) = reviews.named(entry(reviews.data(Grounds(reviews=(REVIEW,)))))
    assert (found.head, found.merge) == (None, None)
    (found,) = reviews.named(entry(reviews.data(Grounds(reviews=(WHOLE,)))))
    assert (found.head, found.merge) == (Commit(values.commit(2)), values.commit(3))
