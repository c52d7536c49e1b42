"""The nouns of what jobgate says on a forge: comments and commit statuses, and which are its own.

What stands there is never evidence: nothing is read out of it but whose it is, and whether it still
says what it is to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Light: TypeAlias = Literal["pending", "success", "failure", "error"]

CONTEXT = "jobgate/plan"
LONGEST_BODY = 65_536  # characters of a comment
LONGEST_DESCRIPTION = 140  # characters of a status


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who writes on a forge: a person's account, or that of an app, such as a workflow's."""

    login: str
    app: bool


# Whose comments the token of a workflow writes.
WORKFLOW = Account(login="github-actions[bot]", app=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A comment on a pull request, as it stands there."""

    number: int
    pull: int
    by: Account | None  # None where the forge knows nobody any more
    body: str
    link: str  # of its page


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """A commit status: what the plan of a commit comes to, in a word and a line."""

    state: Light
    description: str
    link: str = ""
    context: str = CONTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be written next: a new comment, or (by its number) one that is there."""

    body: str
    number: int | None = None


def named(login: str) -> Account:
    """Return the account of a login; that of an app ends with `[bot]`."""
    return Account(login=login, app=login.endswith("[bot]"))


def same(one: Account, other: Account) -> bool:
    """Tell whether two are one to the forge, which does not tell cases apart."""
    return one.app == other.app and one.login.lower() == other.login.lower()


def ours(found: Iterable[Posted], account: Account, marker: str) -> tuple[Posted, ...]:
    """Return the comments that an account wrote and that begin with a marker, the oldest first."""
    mine = (each for each in found if each.by is not None and same(each.by, account))
    marked = (each for each in mine if each.body.partition("\n")[0].strip() == marker)
    return tuple(sorted(marked, key=lambda each: each.number))


def steps(mine: tuple[Posted, ...], marker: str, body: str) -> tuple[Step, ...]:
    """Return what is left to do so that the oldest of ours says `body`, and no other says it too.

    Two runs at one time may each have made one.
    """
    if not mine:
        return (Step(body=body),)
    oldest, *others = mine
    wanted = [(oldest, body), *((each, _elsewhere(marker, oldest)) for each in others)]
    return tuple(
        Step(body=text, number=each.number) for each, text in wanted if not _says(each, text)
    )


def standing(found: Iterable[CommitStatus], status: CommitStatus) -> bool:
    """Tell whether the newest status of a context (they come newest first) is that one."""
    return next((each for each in found if each.context == status.context), None) == status


def described(text: str) -> str:
    """Return a text as a status can have it: short, on one line, of characters that it takes."""
    words = " ".join(text.split())
    plain = "".join(each if each <= "\uffff" else "\ufffd" for each in words)
    if len(plain) <= LONGEST_DESCRIPTION:
        return plain
    return f"{plain[: LONGEST_DESCRIPTION - 1].rstrip()}…"


def _elsewhere(marker: str, oldest: Posted) -> str:
    return f"{marker}\nWhat stood here is kept up in [an older comment]({oldest.link})."


def _says(posted: Posted, body: str) -> bool:
    """Tell whether a comment has that body, as far as a forge leaves bodies as they are."""
    return posted.body.replace("\r\n", "\n").strip() == body.strip()
