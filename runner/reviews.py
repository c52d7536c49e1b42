"""Reviews as an entry of the journal names them, and back: who approved which commit.

Only what the forge said is written, and the commits; what Git says of those can be found out again.
Whatever does not count is not named, so that each of them is an approval, by a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import fields, narrow
from runner.evidence import Review
from runner.model import Commit, Json

if TYPE_CHECKING:
    from runner.evidence import Grounds
    from runner.model import Entry

_STATE: Literal["approved"] = "approved"


def data(grounds: Grounds) -> dict[str, Json]:
    """Return what an entry says of the reviews that a verdict rested on; nothing without any."""
    found: dict[str, Json] = {}
    if grounds.reviews:
        found["reviews"] = [_tree(each) for each in grounds.reviews]
    if grounds.members:
        found["members"] = [
            {"person": person, "team": team} for team, person in sorted(grounds.members)
        ]
    if grounds.kept is not None:
        found["evidence"] = grounds.kept
    return found


def named(entry: Entry) -> tuple[Review, ...]:
    """Return the reviews that an entry names, with nothing yet of what Git says of them.

    Raise ValueError, TypeError or KeyError where they are malformed.
    """
    return tuple(_review(each) for each in narrow.items(dict(entry.data), "reviews"))


def members(entry: Entry) -> frozenset[tuple[str, str]]:
    """Return who was in which team of a forge then, as the forge said: (team, person)."""
    return frozenset(
        (fields.needed(each, "team"), fields.needed(each, "person"))
        for each in narrow.items(dict(entry.data), "members")
    )


def kept(entry: Entry) -> Commit | None:
    """Return the commit of the evidence ref that holds what was reviewed, if anything was."""
    found = fields.maybe(dict(entry.data), "evidence")
    return None if found is None else Commit(found)


def _tree(review: Review) -> Json:
    """Return a review as an entry has it."""
    said: dict[str, Json] = {
        "account": review.account,
        "at": review.at,
        "commit": review.commit,
        "forge": review.forge,
        "number": review.number,
        "opener": review.opener,
        "pull": review.pull,
        "state": _STATE,
    }
    if review.head is not None:
        said["head"] = review.head
    if review.merge is not None:
        said["merge"] = review.merge
    if review.retargeted:
        said["retargeted"] = review.retargeted
    return said


def _review(said: Json) -> Review:
    head, merge = fields.maybe(said, "head"), fields.maybe(said, "merge")
    if (state := fields.needed(said, "state")) != _STATE:
        message = f"state {state!r} is not {_STATE}"
        raise ValueError(message)
    return Review(
        forge=fields.needed(said, "forge"),
        pull=fields.whole(said, "pull"),
        number=fields.whole(said, "number"),
        account=fields.needed(said, "account"),
        person=True,
        state=_STATE,
        at=fields.needed(said, "at"),
        commit=Commit(fields.needed(said, "commit")),
        opener=narrow.text(said, "opener"),
        retargeted=narrow.text(said, "retargeted"),
        held=False,
        digest=None,
        base=None,
        makers=frozenset(),
        head=None if head is None else Commit(head),
        merge=None if merge is None else Commit(merge),
    )
