"""What a change does not touch is as it was; `check --base` leaves out nothing that it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from runner.model import Severity
from runner.pipeline import checking, looking, rechecking, wanted
from runner.pipeline.checking import Means
from runner.pipeline.rechecking import Since
from runner.pipeline.touching import Touch
from tests import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runner.model import Finding, Policy
    from runner.pipeline.looking import Look
    from tests.touched import Tree

pytestmark = pytest.mark.laws


class Forgetful:
    """A memory that keeps nothing."""

    def empty(self) -> bool:
        """Return that it is empty."""
        return True

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return nothing."""
        del keys
        return {}

    def keep(self, entries: Mapping[str, bytes]) -> None:
        """Forget everything."""
        del entries


def means(tree: Tree) -> Means:
    """Return what a check of `tree` works with."""

    def crew(policy: Policy, paths: Sequence[str]) -> Iterator[Look]:
        return looking.looks(tree, policy, paths)

    return Means(memory=Forgetful(), crew=crew, progress=lambda *_: None)


def whole(tree: Tree) -> tuple[Finding, ...]:
    """Return what a whole check finds."""
    return checking.checked(tree, means(tree)).findings


def policy(tree: Tree) -> Policy:
    """Return the policy of a tree."""
    found = wanted.policy(tree).value
    assert found is not None
    return found.policy


def touch(before: Tree, after: Tree) -> Touch:
    """Return what changed from one tree to another."""
    changed = after.differing(before)
    now, was = policy(after), policy(before)
    return Touch(before=before, after=after, changed=changed, was=was, now=now)


def at_its_place(found: Iterable[Finding]) -> set[tuple[str, str, str, str]]:
    """Return findings without their mends: those of missing files name others that are near."""
    return {(each.place.file, each.place.pointer, each.rule, each.message) for each in found}


def made(tree: Tree, path: str) -> object:
    """Return all that is found out of a spec and its vars files, near names left out."""
    (look,) = looking.looks(tree, policy(tree), [path])
    above = [at_its_place(found) for _, found in look.variables]
    return at_its_place(look.findings), above, look.jobs, look.used


@settings(max_examples=40, deadline=None)
@given(touched.pairs())
def test_what_is_not_touched_is_made_as_before(pair: tuple[Tree, Tree]) -> None:
    """A spec that no change touches was there, and is made of the same, into the same."""
    before, after = pair
    for path in set(wanted.spec_paths(after)) - touch(before, after).specs:
        assert made(after, path) == made(before, path)


@settings(max_examples=40, deadline=None)
@given(touched.pairs())
def test_a_check_of_what_changed(pair: tuple[Tree, Tree]) -> None:
    """It finds all that a whole check finds in touched specs, all that is new, and nothing else."""
    before, after = pair
    since = Since(tree=before, changed=after.differing(before))
    done = rechecking.rechecked(after, since, means(after))
    found, all_of_it = done.found.findings, whole(after)
    mine = touch(before, after).specs

    assert set(found) <= set(all_of_it)
    assert len(found) == len(set(found))
    assert {each for each in all_of_it if each.place.file in mine} <= set(found)
    assert at_its_place(all_of_it) - at_its_place(whole(before)) <= at_its_place(found)
    assert done.specs == len(wanted.spec_paths(after))
    assert done.looked == len(mine.intersection(wanted.spec_paths(after)))
    wrong = any(each.severity is Severity.ERROR for each in found)
    assert (done.found.value is None) is wrong
