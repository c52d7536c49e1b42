"""What GitHub's answers say, read to the letter: the few facts that are used, and none else. Pure.

An answer of another shape raises TypeError with the place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from runner import instants, narrow
from runner.model import Commit, pointer
from runner.posted import Account, CommitStatus, Posted
from runner.pulls import ForgeReview, PullRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from runner.posted import Light

# What GitHub puts in the place of accounts that were deleted.
_NOBODY = "ghost"
_BOT = "[bot]"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?(?:\[bot\])?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
_PENDING = "PENDING"  # not handed in yet: only its author is shown it
_STATES: dict[str, Literal["approved", "changes", "commented"]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes",
    "COMMENTED": "commented",
}
_ISSUE = re.compile(r"/issues/([1-9][0-9]{0,15})\Z", re.ASCII)
# Nothing in it ends a link in Markdown, or is anything but a link there.
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#%&=+,;@-]{1,500}", re.ASCII)
_LIGHTS: dict[str, Light] = {
    "pending": "pending",
    "success": "success",
    "failure": "failure",
    "error": "error",
}
_RETARGETED = frozenset({"base_ref_changed", "automatic_base_change_succeeded"})


def numbers(listed: Iterable[Json], repository: str) -> tuple[int, ...]:
    """Return the numbers of the pull requests of a repository, in order, out of a list of several.

    A commit that a fork has too may be in pull requests of another repository.
    """
    found: set[int] = set()
    for tree in listed:
        number = _integer(tree, "number")
        if same(_text(tree, "base", "repo", "full_name"), repository):
            found.add(number)
    return tuple(sorted(found))


def pull(tree: Json) -> PullRequest:
    """Return a pull request."""
    opener, person = _account(tree)
    merged = _boolean(tree, "merged")
    state = _text(tree, "state")
    if state not in {"open", "closed"} or (merged and state == "open"):
        raise _wrong(("state",), "open or closed", state)
    gone = _present(tree, "head", "repo") is None
    # Of one that is not merged it is a commit that GitHub made to try it, and nobody's.
    merge = narrow.at(tree, "merge_commit_sha") if merged else None
    return PullRequest(
        number=_integer(tree, "number"),
        opener=opener,
        person=person,
        branch=_text(tree, "base", "ref"),
        repository=_text(tree, "base", "repo", "full_name"),
        head=_commit(tree, "head", "sha"),
        origin="" if gone else _text(tree, "head", "repo", "full_name"),
        state="merged" if merged else "open" if state == "open" else "closed",
        merge=None if merge is None else _commit(tree, "merge_commit_sha"),
    )


def reviews(listed: Iterable[Json]) -> tuple[ForgeReview, ...]:
    """Return the reviews that were handed in, oldest first."""
    found = [_review(each) for each in listed if _text(each, "state") != _PENDING]
    return tuple(sorted(found, key=lambda each: (each.at, each.number)))


def retargeted(listed: Iterable[Json]) -> str:
    """Return when the base of a pull request was changed last; empty where it never was."""
    return max(
        (_instant(each, "created_at") for each in listed if _text(each, "event") in _RETARGETED),
        default="",
    )


def active(tree: Json) -> bool:
    """Tell whether a membership is one: an invitation that nobody answered is not."""
    return _text(tree, "state") == "active"


def posted(tree: Json) -> Posted:
    """Return a comment on a pull request."""
    issue = _text(tree, "issue_url")
    number = _ISSUE.search(issue)
    if number is None:
        raise _wrong(("issue_url",), "a pull request's", issue)
    return Posted(
        number=_integer(tree, "id"),
        pull=int(number[1]),
        by=account(_present(tree, "user")),
        body=narrow.text(tree, "body"),
        link=_link(tree, "html_url"),
    )


def statuses(listed: Iterable[Json]) -> tuple[CommitStatus, ...]:
    """Return the statuses of a commit that are of a known state, in their order."""
    return tuple(
        CommitStatus(
            state=_LIGHTS[state],
            description=narrow.text(each, "description"),
            link=narrow.text(each, "target_url"),
            context=_text(each, "context"),
        )
        for each in listed
        if (state := _text(each, "state")) in _LIGHTS
    )


def account(tree: Json) -> Account | None:
    """Return an account; None where it is gone."""
    if tree is None:
        return None
    login, kind = _text(tree, "login"), _text(tree, "type")
    if _LOGIN.fullmatch(login) is None:
        raise _wrong(("login",), "an account", login)
    return None if same(login, _NOBODY) else Account(login=login, app=kind == "Bot")


def creator(tree: Json) -> Account | None:
    """Return who made a status."""
    return account(narrow.at(tree, "creator"))


def same(one: str, other: str) -> bool:
    """Tell whether two names of repositories, or of accounts, are one to GitHub."""
    return one.lower() == other.lower()


def _review(tree: Json) -> ForgeReview:
    account, person = _account(tree)
    commit = _present(tree, "commit_id")
    return ForgeReview(
        number=_integer(tree, "id"),
        account=account,
        person=person,
        state=_STATES.get(_text(tree, "state"), "dismissed"),
        at=_instant(tree, "submitted_at"),
        commit=None if commit is None else _commit(tree, "commit_id"),
    )


def _account(tree: Json) -> tuple[str, bool]:
    """Return the account, empty where it is gone, and whether it is a person's."""
    if _present(tree, "user") is None:
        return "", False
    login, kind = _text(tree, "user", "login"), _text(tree, "user", "type")
    if _LOGIN.fullmatch(login) is None:
        raise _wrong(("user", "login"), "an account", login)
    if same(login, _NOBODY):
        return "", False
    return login, kind == "User" and not login.endswith(_BOT)


# ---------------------------------------------------------------- to the letter


def _present(tree: Json, *path: str) -> Json:
    """Return what must be there, though it may be null."""
    value = tree
    for part in path:
        if not isinstance(value, dict) or part not in value:
            raise _wrong(path, "there", None)
        value = value[part]
    return value


def _text(tree: Json, *path: str) -> str:
    value = narrow.text(tree, *path)
    if not value:
        raise _wrong(path, "a text", value)
    return value


def _integer(tree: Json, *path: str) -> int:
    value = narrow.integer(tree, *path, default=0)
    if value < 1:
        raise _wrong(path, "a number above 0", value)
    return value


def _boolean(tree: Json, *path: str) -> bool:
    if not isinstance(_present(tree, *path), bool):
        raise _wrong(path, "true or false", None)
    return narrow.boolean(tree, *path, default=False)


def _commit(tree: Json, *path: str) -> Commit:
    value = _text(tree, *path)
    if _COMMIT.fullmatch(value) is None:
        raise _wrong(path, "a commit", value)
    return Commit(value)


def _link(tree: Json, *path: str) -> str:
    value = _text(tree, *path)
    if _PAGE.fullmatch(value) is None:
        raise _wrong(path, "the address of a page", value)
    return value


def _instant(tree: Json, *path: str) -> str:
    value = _text(tree, *path)
    at = instants.read(value)
    if at is None:
        raise _wrong(path, "an instant in UTC", value)
    return instants.written(at)


def _wrong(path: tuple[str, ...], wanted: str, value: Json) -> TypeError:
    shown = f" but {str(value)[:60]!r}" if value is not None else ""
    return TypeError(f"{pointer(path)} is not {wanted}{shown}")
