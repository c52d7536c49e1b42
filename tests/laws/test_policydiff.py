"""Laws of telling how policies differ: nothing that differs is passed over."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Pin, PlatformEntry, Policy, SecretSource
from runner.policydiff import telling
from runner.terms import (
    BreakGlass,
    Clause,
    Dated,
    ForgeEntry,
    Owned,
    Person,
    Signer,
    Team,
    Weekly,
    Windows,
)
from tests import values

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

pytestmark = pytest.mark.laws

WORD = st.sampled_from(["", "a", "b", "specs/**", "specs/a/**"])
FEW = st.integers(0, 3)


def some(what: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """Return up to two of something."""
    return st.lists(what, max_size=2).map(tuple)


WORDS = some(WORD)
PAIRS = some(st.tuples(WORD, WORD))
OPENINGS = some(
    st.builds(Weekly, days=some(st.integers(0, 6)), begins=FEW, ends=FEW)
    | st.builds(Dated, begins=WORD, ends=WORD)
)
CLAUSES = st.builds(
    Clause,
    name=WORD,
    paths=WORDS,
    count=FEW,
    people=WORDS,
    platforms=WORDS,
    scopes=WORDS,
    labels=PAIRS,
    expression=WORD,
    owners=st.booleans(),
    deny=WORD,
    max_hosts=st.none() | FEW,
    fields=WORDS,
    succeeded=WORDS,
    windows=st.none() | st.builds(Windows, zone=WORD, open=OPENINGS, closed=OPENINGS),
    line=FEW,
)
PLATFORMS = st.builds(
    PlatformEntry,
    name=WORD,
    type=st.sampled_from(["embedded", "bkjob"]),
    url=WORD,
    stage=WORD,
    tenant=WORD,
    application=WORD,
    paths=WORDS,
    route=st.sampled_from(["user", "system"]),
    credentials=some(st.tuples(WORD, st.sampled_from(["env", "text"]), WORD)),
)
SECRETS = st.builds(
    SecretSource,
    name=WORD,
    kind=st.sampled_from(["env", "command"]),
    source=WORDS,
    platforms=WORDS,
    paths=WORDS,
)
PINS = st.builds(Pin, script=WORD, version=FEW, sha256=st.integers(0, 2).map(values.sha))
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "platforms": some(PLATFORMS),
    "people": some(st.builds(Person, name=WORD, emails=WORDS, keys=WORDS, accounts=PAIRS)),
    "clauses": some(CLAUSES),
    "secrets": some(SECRETS),
    "runners": WORDS,
    "pins": some(st.tuples(WORD, WORD | FEW, PINS)),
    "teams": some(st.builds(Team, name=WORD, members=WORDS, accounts=PAIRS)),
    "signers": some(
        st.builds(
            Signer,
            principals=WORDS,
            key=WORD,
            authority=st.booleans(),
            valid_after=WORD,
            valid_before=WORD,
            line=FEW,
        )
    ),
    "owned": some(st.builds(Owned, pattern=WORD, owners=WORDS, line=FEW)),
    "forge": st.none() | st.builds(ForgeEntry, name=WORD, url=WORD, repository=WORD, token=WORD),
    "break_glass": st.none() | st.builds(BreakGlass, people=WORDS, hours=FEW),
    "days": FEW,
}
BASE = values.policy("ann", clauses=(Clause(name="all", paths=("**",), count=1, people=()),))
# Of each pair one field may differ; or, of two pairs put together, several.
ALIKE = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda name: st.tuples(
        *(st.builds(replace, st.just(BASE), **{name: FIELDS[name]}) for _ in range(2))
    )
)


def test_every_field_of_a_policy_is_tried() -> None:
    """What a policy gets is in these laws, and has words of its own."""
    names = {each.name for each in fields(Policy)}

    assert names == FIELDS.keys()
    assert names == telling._WORDS.keys()


@given(ALIKE)
@settings(max_examples=60)
def test_what_differs_is_told(pair: tuple[Policy, Policy]) -> None:
    """Two policies that differ have a sentence at least, and equal ones have none."""
    old, new = pair

    assert bool(telling.sentences(old, new)) == (old != new)
    assert telling.sentences(old, old) == ()


@given(ALIKE, ALIKE)
@settings(max_examples=25)
def test_what_weighs_more_comes_first(
    one: tuple[Policy, Policy], two: tuple[Policy, Policy]
) -> None:
    """However much differs, what asks less comes first."""
    ways = [telling._ORDER.index(each.way) for each in telling.sentences(one[0], two[0])]

    assert ways == sorted(ways)


@given(ALIKE)
@settings(max_examples=40)
def test_what_is_tighter_is_looser_the_other_way_round(pair: tuple[Policy, Policy]) -> None:
    """Whoever takes a change back that asks more asks less: it says so, or that it may."""
    old, new = pair
    there, back = telling.sentences(old, new), telling.sentences(new, old)

    if any(each.way == "tighter" for each in there):
        assert {each.way for each in back} & {"looser", "unclear"}
