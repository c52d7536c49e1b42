"""The buttons of the forge of the tests: what people do with pull requests there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.model import Commit
from tests import repos
from tests.forge import deeds, holdings
from tests.forge.holdings import Holdings
from tests.forge.state import Comment, Event, Pull, Review, User

if TYPE_CHECKING:
    from datetime import datetime

    from tests.forge.state import How, State


@dataclass(slots=True, kw_only=True)
class Buttons(Holdings):
    """What is done is done in git and in the holdings alone."""

    # ------------------------------------------------------------ pull requests

    def open(
        self,
        opener: str,
        branch: str,
        base: str = "main",
        *,
        source: str = "",
        at: datetime | None = None,
    ) -> Pull:
        """Open a pull request for a branch that was pushed, of this repository or a fork."""
        number = 1 + max(self.pulls, default=0)
        made = Pull(
            number=number,
            title=f"Pull {branch}",
            opener=self.user(opener),
            base=base,
            branch=branch,
            source=source or self.name,
            opened=at or holdings.now(),
            begun=self.tip(base),
        )
        self.pulls[number] = made
        deeds.follow(self.place(made.source), number, branch)
        return made

    def merge(
        self, pull: Pull, by: str, how: How = "merge", *, at: datetime | None = None
    ) -> Commit:
        """Merge a pull request into its base, as one of the three buttons does."""
        assert pull.state == "open"
        base, head, merger = self.tip(pull.base), self.head(pull), self.user(by)
        own = deeds.between(self.repository, base, head)
        made = self._merged(pull, base, head, merger, how)
        pull.brought = {*own, *deeds.between(self.repository, base, made)}
        deeds.put(self.repository, pull.base, made)
        pull.begun, pull.merge, pull.merger = base, made, merger
        self._end(pull, "merged", at)
        return made

    def update(self, pull: Pull, by: str, how: How = "merge") -> Commit:
        """Bring the base into the branch: the button "Update branch", in either of its ways."""
        base, head, who = self.tip(pull.base), self.head(pull), self.user(by).who
        if how == "rebase":
            made = self._rebased(base, deeds.between(self.repository, base, head), who)
        else:
            tree = deeds.joined(self.repository, head, base)
            said = f"Merge branch '{pull.base}' into {pull.branch}"
            made = deeds.made(self.repository, tree, (head, base), said, people=(who, deeds.GITHUB))
        self._put(pull, made)
        return made

    def close(self, pull: Pull, *, at: datetime | None = None) -> None:
        """Close a pull request without merging it."""
        self._end(pull, "closed", at)

    def reopen(self, pull: Pull) -> None:
        """Open a pull request again; its head is what the branch is now."""
        pull.state, pull.closed = "open", None
        deeds.follow(self.place(pull.source), pull.number, pull.branch)

    def retarget(self, pull: Pull, base: str, by: str, *, at: datetime | None = None) -> None:
        """Give a pull request another base branch, as a person does."""
        pull.base = base
        self._happened(pull, "base_ref_changed", self.user(by), at)

    def delete(self, branch: str, *, by: str = "author", at: datetime | None = None) -> None:
        """Delete a branch: what was to go into it goes where it went; what is of it is closed."""
        repos.run(self.repository, "update-ref", "-d", f"refs/heads/{branch}")
        merged = [each for each in self.pulls.values() if each.branch == branch and each.merge]
        for each in self.pulls.values():
            if each.state != "open":
                continue
            if each.base == branch and merged:
                each.base = merged[-1].base
                what = "automatic_base_change_succeeded"
                self._happened(each, what, self.user(by), at)
            elif branch in {each.base, each.branch}:
                self._end(each, "closed", at)

    def revert(self, pull: Pull, by: str) -> Pull:
        """Open the pull request that the button "Revert" makes of one that was merged."""
        assert pull.merge is not None
        base, who = self.tip(pull.base), self.user(by).who
        tree = deeds.carried(self.repository, base, pull.merge, pull.begun)
        said = f'Revert "{pull.title}"'
        made = deeds.made(self.repository, tree, (base,), said, people=(who, deeds.GITHUB))
        branch = f"revert-{pull.number}-{pull.branch}"
        deeds.put(self.repository, branch, made)
        opened = self.open(by, branch, pull.base)
        opened.title = said
        return opened

    # ------------------------------------------------------------ reviews

    def approve(
        self, pull: Pull, by: str, *, commit: str = "", at: datetime | None = None
    ) -> Review:
        """Hand in an approval, at the head or an older commit."""
        return self.review(pull, by, "APPROVED", commit=commit, at=at)

    def review(
        self,
        pull: Pull,
        by: str,
        state: State,
        *,
        commit: str = "",
        at: datetime | None = None,
    ) -> Review:
        """Hand in a review, at the head or another commit: what is not the pull's is taken too."""
        made = Review(
            number=next(self.numbers),
            by=self.user(by),
            state=state,
            at=at or holdings.now(),
            commit=Commit(commit) if commit else self.head(pull),
        )
        pull.reviews.append(made)
        return made

    def dismiss(self, pull: Pull, review: Review, by: str) -> None:
        """Dismiss a review."""
        review.state = "DISMISSED"
        self._happened(pull, "review_dismissed", self.user(by), None, review)

    # ------------------------------------------------------------ comments

    def comment(self, pull: Pull, by: str, body: str, *, at: datetime | None = None) -> Comment:
        """Comment on a pull request."""
        made = Comment(
            number=next(self.numbers), by=self.user(by), body=body, at=at or holdings.now()
        )
        pull.comments.append(made)
        return made

    # ------------------------------------------------------------ what these share

    def base_of(self, pull: Pull) -> Commit:
        """Return the tip of the base, as it is, or as it was before the pull request went in."""
        if pull.merge is not None:
            return pull.begun
        return deeds.tip(self.repository, f"refs/heads/{pull.base}") or self.tip(self.default)

    def commits(self, pull: Pull) -> set[Commit]:
        """Return the commits that a pull request has, or had when it went in, and what it made."""
        if pull.state == "merged":
            return pull.brought
        base, head = self.base_of(pull), self.head(pull)
        return set(deeds.between(self.repository, base, head))

    def notice(self) -> None:
        """Take note of what git did by itself: a head that was pushed to its base is merged."""
        for pull in self.pulls.values():
            head, base = self.head(pull), deeds.tip(self.repository, f"refs/heads/{pull.base}")
            if pull.state != "open" or base is None or head == pull.begun:
                continue
            if deeds.holds(self.repository, base, head):
                pull.brought = set(deeds.between(self.repository, pull.begun, head))
                pull.merge = head
                self._end(pull, "merged", None)

    def _merged(self, pull: Pull, base: Commit, head: Commit, merger: User, how: How) -> Commit:
        own = deeds.between(self.repository, base, head)
        if how == "rebase":
            return self._rebased(base, own, merger.who)
        tree = deeds.joined(self.repository, base, head)
        if how == "merge":
            owner = pull.source.partition("/")[0]
            said = f"Merge pull request #{pull.number} from {owner}/{pull.branch}\n\n{pull.title}"
            return deeds.made(
                self.repository, tree, (base, head), said, people=(merger.who, deeds.GITHUB)
            )
        told = [deeds.shown(self.repository, each, "* %s") for each in own]
        form = "%an <%ae>%n%(trailers:key=Co-authored-by,valueonly)"
        makers = {
            who for each in own for who in deeds.shown(self.repository, each, form).split("\n")
        }
        trailers = [f"Co-authored-by: {each}" for each in sorted(makers - {"", pull.opener.who})]
        said = "\n\n".join([f"{pull.title} (#{pull.number})", *told, "\n".join(trailers)]).strip()
        return deeds.made(
            self.repository, tree, (base,), said, people=(pull.opener.who, deeds.GITHUB)
        )

    def _rebased(self, base: Commit, commits: tuple[Commit, ...], by: str) -> Commit:
        made = base
        for each in commits:
            # Merges are left out, as a rebase does.
            if len(deeds.parents(self.repository, each)) == 1:
                made = deeds.picked(self.repository, made, each, by)
        return made

    def _put(self, pull: Pull, commit: Commit) -> None:
        """Let the branch of a pull request be a commit, wherever it is."""
        place = self.place(pull.source)
        if place != self.repository:
            repos.run(place, "fetch", "-q", str(self.repository.absolute()), commit)
        deeds.put(place, pull.branch, commit)
        deeds.keep(place, pull.number, pull.branch)

    def _end(self, pull: Pull, state: str, at: datetime | None) -> None:
        pull.state = "merged" if state == "merged" else "closed"
        pull.closed = at or holdings.now()
        deeds.leave(self.place(pull.source), pull.number)
        self._happened(pull, state, pull.merger or pull.opener, at)

    def _happened(
        self, pull: Pull, what: str, by: User, at: datetime | None, review: Review | None = None
    ) -> None:
        event = Event(
            number=next(self.numbers), what=what, by=by, at=at or holdings.now(), review=review
        )
        pull.events.append(event)
