"""GitHub's answers read to the letter: what they say, and that another shape is an error."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from runner.forges import facts
from runner.model import Commit
from runner.posted import Account, CommitStatus, Posted
from runner.pulls import ForgeReview, PullRequest

if TYPE_CHECKING:
    from runner.model import Json

HEAD, MERGE = "1" * 40, "2" * 64
USER: Json = {"login": "ann", "type": "User"}
PULL: dict[str, Json] = {
    "number": 7,
    "user": USER,
    "state": "closed",
    "merged": True,
    "merge_commit_sha": MERGE,
    "base": {"ref": "main", "repo": {"full_name": "Acme/Ops"}},
    "head": {"sha": HEAD, "repo": {"full_name": "ann/ops"}},
    "mergeable": "a word that nobody asks for",
}
REVIEW: dict[str, Json] = {
    "id": 80,
    "user": USER,
    "state": "APPROVED",
    "submitted_at": "2026-01-02T03:04:05Z",
    "commit_id": HEAD,
}


def spoilt(tree: dict[str, Json], *path: str, value: Json) -> Json:
    """Return a tree with another value at a path."""
    made: Json = copy.deepcopy(tree)
    at = made
    for part in path[:-1]:
        assert isinstance(at, dict)
        at = at[part]
    assert isinstance(at, dict)
    at[path[-1]] = value
    return made


def without(tree: dict[str, Json], name: str) -> Json:
    """Return a tree without a key."""
    return {key: value for key, value in tree.items() if key != name}


def test_a_pull_request() -> None:
    """It says who opened it, what it is of and for, and what became of it."""
    assert facts.pull(PULL) == PullRequest(
        number=7,
        opener="ann",
        person=True,
        branch="main",
        repository="Acme/Ops",
        head=Commit(HEAD),
        origin="ann/ops",
        state="merged",
        merge=Commit(MERGE),
    )


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_commit_that_only_tries_a_merge_is_none(state: str) -> None:
    """Unless it is merged, there is no commit that it came in by."""
    pull = facts.pull({**PULL, "merged": False, "state": state})

    assert (pull.state, pull.merge) == (state, None)


def test_a_merge_whose_commit_is_not_told() -> None:
    """It is merged nevertheless."""
    pull = facts.pull({**PULL, "merge_commit_sha": None})

    assert (pull.state, pull.merge) == ("merged", None)


def test_a_fork_that_is_gone() -> None:
    """Its name is not known any more."""
    assert facts.pull(spoilt(PULL, "head", "repo", value=None)).origin == ""


@pytest.mark.parametrize(
    ("user", "account", "person"),
    [
        ({"login": "ann", "type": "User"}, "ann", True),
        ({"login": "ann_acme", "type": "User"}, "ann_acme", True),
        ({"login": "renovate[bot]", "type": "Bot"}, "renovate[bot]", False),
        ({"login": "renovate[bot]", "type": "User"}, "renovate[bot]", False),
        ({"login": "Copilot", "type": "Bot"}, "Copilot", False),
        ({"login": "imported", "type": "Mannequin"}, "imported", False),
        ({"login": "acme", "type": "Organization"}, "acme", False),
        ({"login": "ghost", "type": "User"}, "", False),
        ({"login": "Ghost", "type": "User"}, "", False),
        (None, "", False),
    ],
)
def test_who_is_a_person(user: Json, account: str, person: object) -> None:
    """Only an account of GitHub's own kind "User" that is still there, and not named as a bot."""
    (review,) = facts.reviews([{**REVIEW, "user": user}])

    assert (review.account, review.person) == (account, person)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("APPROVED", "approved"),
        ("CHANGES_REQUESTED", "changes"),
        ("COMMENTED", "commented"),
        ("DISMISSED", "dismissed"),
        ("APPROVED_IN_PART", "dismissed"),
        ("approved", "dismissed"),
    ],
)
def test_the_state_of_a_review(state: str, told: str) -> None:
    """A word that is not known takes the place of what was there, and counts for nothing."""
    assert facts.reviews([{**REVIEW, "state": state}])[0].state == told


def test_reviews_in_their_order() -> None:
    """They come oldest first, whatever the list's order; one that is pending is none."""
    pending = {**without_time(), "state": "PENDING", "id": 1}
    later = {**REVIEW, "id": 79, "submitted_at": "2026-01-02T03:04:06.250Z", "commit_id": None}
    found = facts.reviews([later, {**REVIEW, "id": 81}, pending, REVIEW])

    assert [each.number for each in found] == [80, 81, 79]
    assert found[2] == ForgeReview(
        number=79,
        account="ann",
        person=True,
        state="approved",
        at="2026-01-02T03:04:06Z",
        commit=None,
    )


def without_time() -> dict[str, Json]:
    """Return a review that has no time."""
    return {key: value for key, value in REVIEW.items() if key != "submitted_at"}


def test_pull_requests_of_other_repositories_are_left_out() -> None:
    """Of those that a commit is in, only the repository's own count, each once, in order."""
    other = spoilt(PULL, "base", "repo", "full_name", value="eve/ops")
    listed: list[Json] = [{**PULL, "number": 9}, other, PULL, {**PULL, "number": 9}]

    assert facts.numbers(listed, "acme/ops") == (7, 9)


def test_the_last_change_of_the_base() -> None:
    """By a person or by GitHub itself; nothing else is one."""
    events: list[Json] = [
        {"event": "base_ref_changed", "created_at": "2026-01-02T00:00:00Z"},
        {"event": "automatic_base_change_succeeded", "created_at": "2026-01-03T00:00:00Z"},
        {"event": "base_ref_changed", "created_at": "2026-01-01T00:00:00Z"},
        {"event": "base_ref_force_pushed", "created_at": "2026-01-04T00:00:00Z"},
        {"event": "closed", "created_at": "of no matter"},
    ]

    assert facts.retargeted(events) == "2026-01-03T00:00:00Z"
    assert facts.retargeted(events[3:]) == ""


@pytest.mark.parametrize(("state", "told"), [("active", True), ("pending", False), ("x", False)])
def test_a_membership(state: str, told: object) -> None:
    """Whoever was invited, and did not answer, is no member."""
    assert facts.active({"state": state}) is told


@pytest.mark.parametrize(
    ("tree", "part"),
    [
        (None, "/user is not there"),
        ({**PULL, "state": "x" * 99}, f"/state is not open or closed but '{'x' * 60}'"),
        ([], "/user is not there"),
        (without(PULL, "number"), "/number is not a number above 0 but '0'"),
        ({**PULL, "number": "7"}, "/number is not an integer"),
        ({**PULL, "number": True}, "/number is not an integer"),
        (without(PULL, "user"), "/user is not there"),
        ({**PULL, "user": {"type": "User"}}, "/user/login is not a text"),
        ({**PULL, "user": {"login": "ann"}}, "/user/type is not a text"),
        ({**PULL, "user": {"login": "a b", "type": "User"}}, "/user/login is not an account"),
        ({**PULL, "user": {"login": "a\n", "type": "User"}}, "/user/login is not an account"),
        (without(PULL, "merged"), "/merged is not there"),
        ({**PULL, "merged": None}, "/merged is not true or false"),
        ({**PULL, "merged": "yes"}, "/merged is not true or false"),
        ({**PULL, "state": "merged"}, "/state is not open or closed but 'merged'"),
        ({**PULL, "state": "open"}, "/state is not open or closed but 'open'"),
        (without(PULL, "head"), "/head/repo is not there"),
        (spoilt(PULL, "head", "repo", value={"full_name": ""}), "/head/repo/full_name is not a"),
        (spoilt(PULL, "head", "repo", value={}), "/head/repo/full_name is not a text"),
        (spoilt(PULL, "head", "sha", value="main"), "/head/sha is not a commit but 'main'"),
        (spoilt(PULL, "head", "sha", value="A" * 40), "/head/sha is not a commit"),
        (spoilt(PULL, "head", "sha", value="1" * 41), "/head/sha is not a commit"),
        ({**PULL, "merge_commit_sha": "x"}, "/merge_commit_sha is not a commit"),
        ({**PULL, "base": {"repo": {"full_name": "a/b"}}}, "/base/ref is not a text"),
        ({**PULL, "base": {"ref": "main"}}, "/base/repo/full_name is not a text"),
    ],
)
def test_another_shape_of_a_pull_request(tree: Json, part: str) -> None:
    """Whatever is used must be there, and must be what it is said to be."""
    with pytest.raises(TypeError) as raised:
        facts.pull(tree)

    assert part in str(raised.value)


@pytest.mark.parametrize(
    ("tree", "part"),
    [
        ("x", "/state is not a text"),
        (without(REVIEW, "state"), "/state is not a text"),
        (without(REVIEW, "id"), "/id is not a number"),
        (without(REVIEW, "user"), "/user is not there"),
        (without(REVIEW, "commit_id"), "/commit_id is not there"),
        ({**REVIEW, "commit_id": ""}, "/commit_id is not a text"),
        (without(REVIEW, "submitted_at"), "/submitted_at is not a text"),
        ({**REVIEW, "submitted_at": "yesterday"}, "/submitted_at is not an instant in UTC"),
        ({**REVIEW, "submitted_at": "2026-01-02T03:04:05+01:00"}, "is not an instant in UTC"),
    ],
)
def test_another_shape_of_a_review(tree: Json, part: str) -> None:
    """It is never left out because it cannot be read: it might take an approval back."""
    with pytest.raises(TypeError) as raised:
        facts.reviews([REVIEW, tree])

    assert part in str(raised.value)


@pytest.mark.parametrize("event", [{}, {"event": "base_ref_changed"}, 5])
def test_another_shape_of_an_event(event: Json) -> None:
    """It might be a change of the base."""
    with pytest.raises(TypeError):
        facts.retargeted([event])


def test_another_shape_of_a_list() -> None:
    """What cannot be told to be of another repository is not left out."""
    with pytest.raises(TypeError, match="/base/repo/full_name"):
        facts.numbers([{"number": 7}], "acme/ops")
    with pytest.raises(TypeError, match="/number"):
        facts.numbers([without(PULL, "number")], "acme/ops")
    with pytest.raises(TypeError, match="/state"):
        facts.active({})


# ---------------------------------------------------------------- what was written

COMMENT: dict[str, Json] = {
    "id": 90,
    "user": USER,
    "body": "said",
    "issue_url": "https://api.example/repos/acme/ops/issues/7",
    "html_url": "https://forge.example/acme/ops/pull/7#issuecomment-90",
}
STATUS: dict[str, Json] = {"state": "pending", "context": "jobgate/plan", "description": None}


def test_a_comment() -> None:
    """It says whose it is, on which pull request, and where its page is."""
    said = facts.posted(COMMENT)

    assert said == Posted(
        number=90,
        pull=7,
        by=Account(login="ann", app=False),
        body="said",
        link="https://forge.example/acme/ops/pull/7#issuecomment-90",
    )
    assert facts.posted(without(COMMENT, "body")).body == ""


@pytest.mark.parametrize(
    ("user", "by"),
    [
        ({"login": "my-app[bot]", "type": "Bot"}, Account(login="my-app[bot]", app=True)),
        ({"login": "acme", "type": "Organization"}, Account(login="acme", app=False)),
        ({"login": "Ghost", "type": "User"}, None),
        (None, None),
    ],
)
def test_who_wrote(user: Json, by: Account | None) -> None:
    """Only what GitHub calls a bot is an app, and whoever is gone is nobody."""
    assert facts.posted({**COMMENT, "user": user}).by == by
    assert facts.creator({**STATUS, "creator": user}) == by
    assert facts.creator(STATUS) is None


@pytest.mark.parametrize(
    ("tree", "part"),
    [
        (None, "/issue_url is not a text"),
        (without(COMMENT, "id"), "/id is not a number"),
        (without(COMMENT, "user"), "/user is not there"),
        (spoilt(COMMENT, "user", "login", value="a b"), "/login is not an account but 'a b'"),
        ({**COMMENT, "issue_url": "https://x/issues/0"}, "/issue_url is not a pull request's"),
        ({**COMMENT, "issue_url": "https://x/issues/7/more"}, "/issue_url is not"),
        ({**COMMENT, "issue_url": "https://x/issues/7\n"}, "/issue_url is not"),
        ({**COMMENT, "html_url": "javascript:alert(1)"}, "/html_url is not the address"),
        ({**COMMENT, "html_url": "https://x/)[a](b"}, "/html_url is not the address"),
        ({**COMMENT, "html_url": "https://x/\n"}, "/html_url is not the address"),
        ({**COMMENT, "body": 5}, "/body is not a string"),
    ],
)
def test_another_shape_of_a_comment(tree: Json, part: str) -> None:
    """It might be ours, so that a second one would be made."""
    with pytest.raises(TypeError) as raised:
        facts.posted(tree)

    assert part in str(raised.value)


def test_statuses() -> None:
    """They come in their order; one of a state that nobody knows says nothing."""
    later: Json = {**STATUS, "state": "success", "description": "fine", "target_url": "https://x"}
    found = facts.statuses([later, {**STATUS, "state": "neutral"}, STATUS])

    assert found == (
        CommitStatus(state="success", description="fine", link="https://x"),
        CommitStatus(state="pending", description=""),
    )
    with pytest.raises(TypeError, match="/state"):
        facts.statuses([{}])
    with pytest.raises(TypeError, match="/context"):
        facts.statuses([without(STATUS, "context")])
