"""What jobgate writes on GitHub, comments and commit statuses: the Board protocol over HTTP.

Nothing else is written there, and what is read here is never evidence: reviews are read elsewhere.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runner.forges import asking, facts
from runner.forges.asking import Ask, Asker, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.calls import Terms
    from runner.forges.tokens import Token
    from runner.model import Commit, Json
    from runner.posted import Account, CommitStatus, Posted
    from runner.terms import ForgeEntry

COMMENTS = "pull-requests: write"
STATUSES = "statuses: write"
_RECENT = 10  # pages of the repository's comments that are looked through
_NO_PERSON = frozenset({403})  # an app's token: it speaks as nobody whom this route knows
_UPDATED = "&sort=updated&direction=desc"


class GitHubBoard:
    """One repository of it."""

    def __init__(
        self,
        entry: ForgeEntry,
        token: Token,
        *,
        terms: Terms = asking.TERMS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Write to the forge of `entry`; nothing is sent yet. `wait` is given seconds."""
        self._asker = Asker(entry, token, terms, wait)

    def close(self) -> None:
        """Let go of the connections."""
        self._asker.close()

    def account(self) -> Account | None:
        """Return who it is that writes; None of an app, which GitHub does not tell."""
        ask = Ask(deed="ask whose the token is", path="user", nothing=_NO_PERSON)
        tree = self._asker.one(ask)
        return self._asker.read(ask.deed, lambda: facts.account(tree))

    def head(self, pull: int) -> Commit:
        """Return the newest commit of a pull request."""
        deed = f"ask for pull request {pull}"
        tree = self._asker.one(
            Ask(deed=deed, path=self._asker.of_repository(deed, f"pulls/{pull}"))
        )
        return self._asker.read(deed, lambda: facts.pull(tree).head)

    def comments(self, pull: int) -> tuple[Posted, ...]:
        """Return every comment on a pull request."""
        deed = f"ask for the comments on pull request {pull}"
        path = self._asker.of_repository(deed, f"issues/{pull}/comments")
        mend = "close this pull request, and open another one for the rest"
        return self._posted(Ask(deed=deed, path=path, mend=mend))

    def newest(self) -> tuple[Posted, ...]:
        """Return the comments that were written or edited last, a bounded many."""
        deed = "ask for the newest comments"
        path = self._asker.of_repository(deed, "issues/comments")
        return self._posted(Ask(deed=deed, path=path, query=_UPDATED, pages=_RECENT, mend=""))

    def comment(self, pull: int, body: str) -> Posted:
        """Comment on a pull request."""
        deed = f"comment on pull request {pull}"
        ask = Ask(deed=deed, path=self._asker.of_repository(deed, f"issues/{pull}/comments"))
        tree = self._asker.write(ask, Word(tree={"body": body}, needs=COMMENTS))
        return self._asker.read(deed, lambda: facts.posted(tree))

    def edit(self, number: int, body: str) -> Posted:
        """Let a comment say `body`."""
        deed = f"edit comment {number}"
        ask = Ask(deed=deed, path=self._asker.of_repository(deed, f"issues/comments/{number}"))
        word = Word(tree={"body": body}, needs=COMMENTS, method="PATCH")
        tree = self._asker.write(ask, word)
        return self._asker.read(deed, lambda: facts.posted(tree))

    def statuses(self, commit: Commit) -> tuple[CommitStatus, ...]:
        """Return the newest statuses of a commit, those of one page."""
        deed = f"ask for the statuses of {commit[:12]}"
        path = self._asker.of_repository(deed, f"commits/{commit}/statuses")
        listed = self._asker.many(Ask(deed=deed, path=path, pages=1, mend=""))
        return self._asker.read(deed, lambda: facts.statuses(listed))

    def mark(self, commit: Commit, status: CommitStatus) -> Account | None:
        """Give a commit a status; return who is said to have done it."""
        deed = f"give {commit[:12]} a status"
        ask = Ask(deed=deed, path=self._asker.of_repository(deed, f"statuses/{commit}"))
        tree: dict[str, Json] = {
            "state": status.state,
            "context": status.context,
            "description": status.description,
        }
        if status.link:
            tree["target_url"] = status.link
        answer = self._asker.write(ask, Word(tree=tree, needs=STATUSES))
        return self._asker.read(deed, lambda: facts.creator(answer))

    # ------------------------------------------------------------ what these share

    def _posted(self, ask: Ask) -> tuple[Posted, ...]:
        listed = self._asker.many(ask)
        return self._asker.read(ask.deed, lambda: tuple(facts.posted(each) for each in listed))
