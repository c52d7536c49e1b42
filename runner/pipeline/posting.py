"""Posting: one comment of ours on a pull request, and the status of a commit, as they are to be.

What is there is looked at before anything is written, and again where an answer was lost or a
comment was made: two runs at one time come to one comment, and no lost answer to two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import posted
from runner.errors import UnansweredError
from runner.model import JobId
from runner.outcomes import Event

if TYPE_CHECKING:
    from collections.abc import Collection

    from runner.model import Commit
    from runner.pipeline.boards import Board
    from runner.pipeline.world import World
    from runner.posted import Account, CommitStatus, Posted, Step
    from runner.terms import ForgeEntry

ROUNDS = 4  # looks at what is there
_PAUSE = 1.0  # seconds in which what was sent may still arrive


@dataclass(slots=True, kw_only=True)
class Poster:
    """Writes on one board. `account` is who that is, as far as it is known or was named."""

    world: World
    entry: ForgeEntry
    board: Board
    account: Account | None = None

    def mark(self, commit: Commit, status: CommitStatus) -> None:
        """Let the newest status of a commit be `status`, of those of its context."""
        try:
            by = self.board.mark(commit, status)
        except UnansweredError:
            self.world.clock.wait(_PAUSE)
            if posted.standing(self.board.statuses(commit), status):
                return
            by = self.board.mark(commit, status)
        # Who made it is whose the token is, which no route tells of an app.
        self.account = self.account or by

    def keep(self, pull: int, marker: str, body: str) -> None:
        """Let the one comment of ours with a marker, on a pull request, say `body`."""
        made: dict[int, Posted] = {}
        lost: UnansweredError | None = None
        for _ in range(ROUNDS):
            # A list may lag behind what was made just now.
            found = made | {each.number: each for each in self.board.comments(pull)}
            mine = posted.ours(found.values(), self._speaker(), marker)
            todo = posted.steps(mine, marker, body)
            if not todo:
                return
            try:
                new = [each for step in todo if (each := self._done(pull, step))]
            except UnansweredError as error:
                lost = error
                self.world.clock.wait(_PAUSE)
                continue
            if not new:
                return
            lost = None
            made |= {each.number: each for each in new}
        if lost is not None:
            raise lost

    def settle(self, pulls: Collection[int], marker: str, body: str) -> None:
        """Let our comments with a marker say `body`, but for those on `pulls`.

        Only the comments of the repository that were written last are looked at.
        """
        mine = posted.ours(self.board.newest(), self._speaker(), marker)
        by_pull = {each.pull: each for each in reversed(mine) if each.pull not in pulls}
        for pull in sorted(by_pull):
            if posted.steps((by_pull[pull],), marker, body):
                self.keep(pull, marker, body)

    def _done(self, pull: int, step: Step) -> Posted | None:
        """Write a comment, and return the one that was made, if one was."""
        if step.number is not None:
            self.board.edit(step.number, step.body)
            return None
        made = self.board.comment(pull, step.body)
        if made.by is not None and not posted.same(made.by, self._speaker()):
            self.account = made.by
            text = f"it is {made.by.login} who writes with the token in {self.entry.token}:"
            self.tell(f"{text} name it by `--account {made.by.login}`")
        return made

    def _speaker(self) -> Account:
        if self.account is None:
            self.account = self.board.account() or posted.WORKFLOW
        return self.account

    def tell(self, text: str) -> None:
        """Tell people something about the board."""
        self.world.tell(Event(job=JobId(self.entry.name), text=text))
