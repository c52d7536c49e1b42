"""Reviews that the journal names, looked at again from Git alone.

That each of them was of what was submitted, and new there, Git shows. Who gave it, when, and that
it was an approval, is the word of the forge at the time, and is said to be no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import reviews
from runner.errors import RepositoryError
from runner.outcomes import Proof
from runner.pipeline import rereading, reviewing

if TYPE_CHECKING:
    from runner.evidence import Evidence, Review
    from runner.model import Change, Commit, Entry, Ledger
    from runner.pipeline.ancestry import Lineage
    from runner.pipeline.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """An entry that permitted something, the ledger that it was judged by, and its commit."""

    entry: Entry
    before: Ledger
    head: Commit  # of the ledger's branch


def recalled(world: World, permit: Permit, change: Change, found: Evidence) -> Evidence:
    """Return `found` with the reviews that the entry names, each as Git shows it now.

    What is malformed or missing counts for nothing.
    """
    look = _look(world, permit, change)
    named, _ = _named(permit.entry)
    found = replace(found, members=_members(permit.entry))
    if look is None or not named:
        return found
    seen = tuple(look.at(each)[0] for each in named)
    given, authors = reviewing.with_authors(world, change, seen, permit.before, permit.head)
    return replace(found, reviews=given, authors=authors)


def proofs(world: World, permit: Permit, change: Change) -> tuple[Proof, ...]:
    """Return what Git shows of the reviews that the entry names, and what only a forge said."""
    named, wrong = _named(permit.entry)
    if wrong:
        return (Proof(name="reviews", holds=False, detail=wrong),)
    said = [
        f"{each.forge} alone says that {each.account} approved pull request {each.pull} "
        f"of {each.opener or 'nobody known'} at {each.at}"
        for each in named
    ]
    members = sorted(_members(permit.entry))
    said += [f"a forge alone says that {person} was in {team}" for team, person in members]
    told = (Proof(name="forge", holds=True, detail="; ".join(said)),) if said else ()
    look = _look(world, permit, change)
    if look is None or not named:
        return told
    bad = [why for _, why in map(look.at, named) if why]
    commits = ", ".join(f"{each.forge} {each.pull} at {each.commit[:12]}" for each in named)
    return (Proof(name="reviews", holds=not bad, detail="; ".join(bad) or commits), *told)


def _named(entry: Entry) -> tuple[tuple[Review, ...], str]:
    """Return the reviews that an entry names, or why they cannot be read."""
    try:
        reviews.members(entry)
        return reviews.named(entry), ""
    except (ValueError, TypeError, KeyError) as error:
        return (), f"entry {entry.seq} names reviews that cannot be read: {error}"


def _members(entry: Entry) -> frozenset[tuple[str, str]]:
    return frozenset() if _named(entry)[1] else reviews.members(entry)


def _look(world: World, permit: Permit, change: Change) -> _Look | None:
    named = _named(permit.entry)[0]
    if world.lineage is None or not named:
        return None
    tip = world.lineage.tip()
    return _Look(world=world, lineage=world.lineage, permit=permit, change=change, tip=tip)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A look at the reviews of one change. `tip` is that of the evidence ref."""

    world: World
    lineage: Lineage
    permit: Permit
    change: Change
    tip: Commit | None

    def at(self, review: Review) -> tuple[Review, str]:
        """Return a review as Git shows it, and why it does not show what it has to."""
        where = f"{review.forge} {review.pull}"
        try:
            why = self._missing(review)
            if why:
                return review, f"{where}: {why}"
            stretch = rereading.Stretch(
                commit=review.commit, head=review.head, branch=self.permit.head
            )
            facts = rereading.facts(self.world, self.lineage, self.change, stretch)
        except RepositoryError as error:
            return review, f"{where}: {error.message}"
        seen = replace(
            review, held=facts.held, digest=facts.digest, base=facts.base, makers=facts.makers
        )
        against = self._against(seen)
        return seen, f"{where}: {against}" if against else ""

    def _missing(self, review: Review) -> str:
        """Return why what was reviewed is not kept; nothing where it is."""
        kept = reviews.kept(self.permit.entry)
        if kept is None or review.head is None:
            return "the journal does not say where its commit is kept"
        if self.tip is None or not self.lineage.has(kept):
            return f"the evidence ref does not have {kept[:12]}"
        if not self.lineage.holds(self.tip, kept):
            return f"the evidence ref was set back: it no longer has {kept[:12]}"
        if not self.lineage.holds(kept, review.head):
            return f"{kept[:12]} does not hold {review.head[:12]}"
        return ""

    def _against(self, seen: Review) -> str:
        commit = seen.commit[:12]
        if not seen.held:
            return f"{commit} is not one of the pull request's own"
        if seen.digest != self.change.digest:
            return f"at {commit} the digest is {seen.digest or 'none'}"
        same = seen.base == seen.digest
        return f"the job was the same where {commit} branched off" if same else ""
